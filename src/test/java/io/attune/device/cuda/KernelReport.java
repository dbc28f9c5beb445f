package io.attune.device.cuda;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What nvcc left in target/kernels while the build made the fatbins. */
final class KernelReport {
  private static final Path FOLDER = Path.of("target", "kernels");

  private static final Pattern USE =
      Pattern.compile(
          "entry function '(\\w+)' for 'sm_90'.*?(\\d+) bytes stack frame, (\\d+) bytes spill"
              + " stores, (\\d+) bytes spill loads.*?Used (\\d+) registers",
          Pattern.DOTALL);
  private static final Pattern ENTRY =
      Pattern.compile("\\.visible \\.entry (\\w+)\\(([^)]*)\\)", Pattern.DOTALL);
  private static final Pattern PARAMETER = Pattern.compile("\\.param (\\S.*)");

  /** What ptxas gave one kernel on sm_90. */
  record Use(String kernel, int registers, int stackBytes, int spillBytes) {}

  private KernelReport() {}

  /** Of every kernel; skips the test where the build had no nvcc. */
  static List<Use> uses() throws IOException {
    List<Use> uses = new ArrayList<>();
    for (String text : read(".ptxas").values()) {
      Matcher use = USE.matcher(text);
      while (use.find()) {
        uses.add(
            new Use(
                use.group(1),
                Integer.parseInt(use.group(5)),
                Integer.parseInt(use.group(2)),
                Integer.parseInt(use.group(3)) + Integer.parseInt(use.group(4))));
      }
    }
    return uses;
  }

  /**
   * The parameters of every kernel, by family and name as in {@code normalize/normalize_l2_f32}: a
   * letter each, {@code w} 64 bits that are no number in floating point, {@code i} 32 such bits,
   * {@code f} a float, {@code d} a double.
   */
  static Map<String, String> entries() throws IOException {
    Map<String, String> entries = new TreeMap<>();
    for (Map.Entry<String, String> family : read(".ptx").entrySet()) {
      Matcher entry = ENTRY.matcher(family.getValue());
      while (entry.find()) {
        StringBuilder letters = new StringBuilder();
        Matcher parameter = PARAMETER.matcher(entry.group(2));
        while (parameter.find()) {
          letters.append(letter(parameter.group(1)));
        }
        entries.put(family.getKey() + "/" + entry.group(1), letters.toString());
      }
    }
    return entries;
  }

  private static char letter(String parameter) {
    String type = parameter.split("\\s+")[0];
    boolean array = parameter.contains("[");
    return switch (array ? "array" : type) {
      case ".u64", ".b64", ".s64" -> 'w';
      case ".u32", ".b32", ".s32" -> 'i';
      case ".f32" -> 'f';
      case ".f64" -> 'd';
      default -> throw new IllegalArgumentException("no argument is passed as " + parameter);
    };
  }

  private static Map<String, String> read(String ending) throws IOException {
    Map<String, String> texts = new TreeMap<>();
    if (Files.isDirectory(FOLDER)) {
      try (Stream<Path> files = Files.list(FOLDER)) {
        for (Path file : files.filter(path -> path.toString().endsWith(ending)).toList()) {
          String name = file.getFileName().toString();
          String family = name.substring(0, name.length() - ending.length());
          if (KernelImages.hasFatbin(family)) {
            texts.put(family, Files.readString(file));
          }
        }
      }
    }
    if (texts.isEmpty()) {
      Path unbuilt = FOLDER.resolve("unbuilt.txt");
      String reason =
          "nothing is known of the kernels' machine code - kernels: "
              + (Files.exists(unbuilt) ? Files.readString(unbuilt).strip() : "not built yet");
      System.out.println("skipped: " + reason);
      assumeTrue(false, reason);
    }
    return texts;
  }
}
