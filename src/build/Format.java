import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Checks or applies google-java-format, run by the build in source-launch mode on the toolchain's
 * JDK.
 *
 * <p>Usage: {@code java Format.java check|apply|skip STAMP FOLDER}. Files older than the stamp of
 * the last successful run are not looked at again.
 */
public final class Format {
  public static void main(String[] args) throws Exception {
    String mode = args[0];
    if (mode.equals("skip")) {
      return;
    }
    Path stamp = Path.of(args[1]);
    long last = Files.exists(stamp) ? Files.getLastModifiedTime(stamp).toMillis() : 0;
    Formatter formatter =
        new Formatter(
            JavaFormatterOptions.builder().style(JavaFormatterOptions.Style.GOOGLE).build());
    List<Path> wrong = new ArrayList<>();
    for (Path file : javaFiles(Path.of(args[2]))) {
      if (Files.getLastModifiedTime(file).toMillis() < last) {
        continue;
      }
      String source = Files.readString(file);
      String formatted = formatter.formatSourceAndFixImports(source);
      if (formatted.equals(source)) {
        continue;
      }
      if (mode.equals("apply")) {
        Files.writeString(file, formatted);
      } else {
        wrong.add(file);
      }
    }
    if (!wrong.isEmpty()) {
      wrong.forEach(file -> System.err.println("not formatted: " + file));
      System.err.println("run: mvn process-sources -Dformat=apply");
      System.exit(1);
    }
    Files.createDirectories(stamp.getParent());
    Files.writeString(stamp, "");
  }

  private static List<Path> javaFiles(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(file -> file.toString().endsWith(".java")).sorted().toList();
    }
  }
}
