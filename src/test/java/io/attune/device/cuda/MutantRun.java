package io.attune.device.cuda;

import io.attune.device.op.ContractRun;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Runs contracts against variants of the kernels in JVMs of their own, since a wrong kernel may
 * write anywhere: one after another, and where a JVM dies the next one goes on behind.
 */
final class MutantRun {
  private static final String FAILS = "fails ";
  private static final String HOLDS = "holds ";

  /** A contract to be run on a library. */
  record Case(String name, Path library, String contract) {}

  private MutantRun() {}

  /** For each case why its contract failed, or nothing where it held. */
  static Map<String, Optional<String>> run(List<Case> cases) throws Exception {
    Map<String, Optional<String>> verdicts = new LinkedHashMap<>();
    while (verdicts.size() < cases.size()) {
      List<Case> rest = cases.subList(verdicts.size(), cases.size());
      String output = runJvm(rest);
      int before = verdicts.size();
      for (String line : output.lines().toList()) {
        if (line.startsWith(HOLDS)) {
          verdicts.put(line.substring(HOLDS.length()), Optional.empty());
        } else if (line.startsWith(FAILS)) {
          String[] parts = line.substring(FAILS.length()).split(": ", 2);
          verdicts.put(parts[0], Optional.of(parts[1]));
        }
      }
      if (verdicts.size() - before < rest.size()) {
        // The process died in the first case without a verdict.
        Case deadly = cases.get(verdicts.size());
        verdicts.put(deadly.name(), Optional.of("the process died: " + lastLine(output)));
      }
    }
    return verdicts;
  }

  private static String lastLine(String output) {
    return output.lines().reduce("", (before, line) -> line);
  }

  private static String runJvm(List<Case> cases) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:-CreateCoredumpOnCrash",
                "-Xmx512m",
                "-Dattune.test.devices=emulated",
                "-cp",
                System.getProperty("java.class.path"),
                MutantRun.class.getName()));
    for (Case one : cases) {
      command.addAll(List.of(one.name(), one.library().toString(), one.contract()));
    }
    Path folder = Path.of("target", "variants");
    command.add(1, "-XX:ErrorFile=" + folder.resolve("died.log"));
    Path output = Files.createTempFile(folder, "run", ".log");
    try {
      Process process =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(output.toFile())
              .start();
      process.waitFor();
      return Files.readString(output, StandardCharsets.UTF_8);
    } finally {
      Files.delete(output);
    }
  }

  /** Arguments: for each case its name, library and contract. */
  public static void main(String[] arguments) throws Exception {
    for (int i = 0; i < arguments.length; i += 3) {
      System.setProperty(EmulatedLibrary.LIBRARY_PROPERTY, arguments[i + 1]);
      Optional<Throwable> failure = ContractRun.firstFailure(arguments[i + 2]);
      String name = arguments[i];
      System.out.println(
          failure.map(reason -> FAILS + name + ": " + oneLine(reason)).orElse(HOLDS + name));
    }
  }

  private static String oneLine(Throwable reason) {
    return String.valueOf(reason.getMessage()).replace('\n', ' ');
  }
}
