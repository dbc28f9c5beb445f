package io.attune.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Numbers in JSON, which knows no NaN. */
final class JsonNumbers {
  private JsonNumbers() {}

  /** Puts a number, or null where it is not finite. */
  static void put(ObjectNode node, String key, double value) {
    if (Double.isFinite(value)) {
      node.put(key, value);
    } else {
      node.putNull(key);
    }
  }
}
