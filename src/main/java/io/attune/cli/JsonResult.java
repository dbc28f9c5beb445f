package io.attune.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.format.AtomicFile;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** A result as one line of JSON, printed and, if asked for, kept in a file. */
final class JsonResult {
  @Option(names = "--json", paramLabel = "F", description = "Write the result to a file too.")
  private Path json;

  /** Refuses a file that could not be written, before any work. */
  void check() {
    if (json != null) {
      AtomicFile.requireWritable(json);
    }
  }

  void tell(ObjectNode result, Console console) {
    console.out().println(result);
    if (json != null) {
      AtomicFile.writeText(json, result + "\n");
    }
  }
}
