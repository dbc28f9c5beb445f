package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Ctrl-C in the middle of a run, in a Java of its own. */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "sends a signal with kill")
class InterruptionTest {
  @TempDir private Path temp;

  @Test
  void savesExitsWith130AndCanGoOn() throws Exception {
    Path things = temp.resolve("things");
    Path model = temp.resolve("model");
    Path run = temp.resolve("run");
    assertEquals(
        0, Terminal.run("data", "synth", "--out", things.toString(), "--concepts", "30").status());
    assertEquals(0, Terminal.run("init", "--arch", "tiny", "--out", model.toString()).status());
    List<String> arguments = new ArrayList<>(List.of("finetune", "behavior", "--batch", "4"));
    arguments.addAll(List.of("--model", model.toString(), "--things", things.toString()));
    arguments.addAll(List.of("--out", run.toString(), "--epochs", "100000"));
    arguments.addAll(List.of("--patience", "100000"));
    Path log = temp.resolve("log.txt");
    Process process = start(arguments, log);
    while (!Files.exists(run.resolve("metrics.csv"))) {
      assertTrue(process.isAlive(), () -> read(log));
      Thread.sleep(50);
    }
    Signals.interrupt(process);
    assertTrue(process.waitFor(120, TimeUnit.SECONDS), () -> read(log));
    assertEquals(130, process.exitValue(), () -> read(log));
    assertTrue(read(log).contains("interrupted and saved"), () -> read(log));

    int done = Files.readAllLines(run.resolve("metrics.csv")).size() - 1;
    arguments.replaceAll(argument -> argument.equals("100000") ? "" + (done + 1) : argument);
    arguments.add("--resume");
    Terminal.Result resumed = Terminal.run(arguments.toArray(String[]::new));
    assertEquals(0, resumed.status(), resumed.err());
    assertTrue(resumed.err().contains("resuming after epoch " + done), resumed.err());
  }

  private static Process start(List<String> arguments, Path log) throws Exception {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    List<String> command = new ArrayList<>(List.of(java.toString(), "-Xmx1g"));
    command.addAll(List.of("--add-modules", "jdk.incubator.vector"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(Attune.class.getName());
    command.addAll(arguments);
    return new ProcessBuilder(Signals.listening(command))
        .redirectErrorStream(true)
        .redirectOutput(log.toFile())
        .start();
  }

  private static String read(Path log) {
    try {
      return Files.readString(log, StandardCharsets.UTF_8);
    } catch (java.io.IOException e) {
      return e.toString();
    }
  }
}
