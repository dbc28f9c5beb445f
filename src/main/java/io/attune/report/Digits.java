package io.attune.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;

/** Numbers as a page holds them: five digits, which are more than a screen shows; NaN is null. */
final class Digits {
  private static final MathContext SHOWN = new MathContext(5);

  private Digits() {}

  static void addAll(ArrayNode array, double[] values) {
    for (double value : values) {
      add(array, value);
    }
  }

  static void add(ArrayNode array, double value) {
    if (Double.isFinite(value)) {
      array.add(shortened(value));
    } else {
      array.addNull();
    }
  }

  static void put(ObjectNode node, String key, double value) {
    if (Double.isFinite(value)) {
      node.put(key, shortened(value));
    } else {
      node.putNull(key);
    }
  }

  static double shortened(double value) {
    return Double.isFinite(value) ? new BigDecimal(value).round(SHOWN).doubleValue() : value;
  }

  /** Base64 of a matrix's rows as little-endian float32, for matrices too large for a list. */
  static String packed(double[][] rows) {
    int columns = rows.length == 0 ? 0 : rows[0].length;
    ByteBuffer bytes =
        ByteBuffer.allocate(Float.BYTES * rows.length * columns).order(ByteOrder.LITTLE_ENDIAN);
    for (double[] row : rows) {
      for (double value : row) {
        bytes.putFloat((float) value);
      }
    }
    return Base64.getEncoder().encodeToString(bytes.array());
  }
}
