package io.attune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.format.AtomicFile;
import io.attune.hba.Verification;
import io.attune.hba.Verification.Outcome;
import java.nio.file.Path;

/** The rows and the last line of {@code verify}, for programs. */
final class VerificationJson {
  private VerificationJson() {}

  static void write(Outcome outcome, Path file) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    ArrayNode tensors = root.putArray("tensors");
    for (Verification.Row row : outcome.rows()) {
      ObjectNode tensor = tensors.addObject().put("name", row.name());
      ArrayNode shape = tensor.putArray("shape");
      for (int axis = 0; axis < row.shape().rank(); axis++) {
        shape.add(row.shape().dim(axis));
      }
      tensor.put("error", row.error()).put("ok", row.passes());
    }
    root.put("verified", outcome.rows().size());
    root.put("worst", outcome.worst().error()).put("worst_name", outcome.worst().name());
    root.put("pass", outcome.passes());
    AtomicFile.writeText(file, root.toPrettyString() + "\n");
  }
}
