package io.attune.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Processes that hear an interrupt, and interrupts. */
final class Signals {
  private static final List<String> LISTENING = List.of("env", "--default-signal=INT");

  private Signals() {}

  /**
   * The command, made to hear SIGINT again where this process was started deaf to it, as a shell
   * without job control starts what runs in the background; children inherit that.
   */
  static List<String> listening(List<String> command) throws IOException, InterruptedException {
    List<String> probe = new ArrayList<>(LISTENING);
    probe.add("true");
    List<String> whole = new ArrayList<>();
    if (new ProcessBuilder(probe).start().waitFor() == 0) {
      whole.addAll(LISTENING);
    }
    whole.addAll(command);
    return whole;
  }

  static void interrupt(Process process) throws IOException, InterruptedException {
    new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
  }
}
