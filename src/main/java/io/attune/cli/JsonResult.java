package io.attune.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.format.AtomicFile;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Option;

/** A result as one line of JSON, printed and, if asked for, kept in a file. */
final class JsonResult {
  @Option(names = "--json", paramLabel = "F", description = "Write the result to a file too.")
  private Path json;

  /**
   * Refuses a file that could not be written, before any work.
   *
   * @param inputs that the command reads, null for none
   * @param outputs that it writes, likewise
   */
  void check(List<Path> inputs, Path... outputs) {
    if (json != null) {
      OutputFile.require(json, inputs);
      for (Path output : outputs) {
        OutputFile.requireApart(json, output);
      }
    }
  }

  void tell(ObjectNode result, Console console) {
    console.out().println(result);
    if (json != null) {
      AtomicFile.writeText(json, result + "\n");
    }
  }
}
