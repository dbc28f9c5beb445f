package io.attune.bench;

import java.util.Map;

/**
 * One operation of the contract at one size.
 *
 * @param operation {@code family.method}, as {@link io.attune.device.Device} names them
 * @param detail which of its uses: {@code image qkv forward}
 * @param shape for people: {@code 16448x1024}
 * @param sizes what its peer needs to do the same
 * @param bytes that it must move: each input read once, each output written once
 * @param operations additions and multiplications of its products, 0 where memory decides
 * @param queues whether calls only queue work, so that they can be replayed as a graph; else a call
 *     returns a number and waits for it
 * @param setup makes the tensors of one set
 */
record OperationCase(
    String operation,
    String detail,
    String shape,
    Map<String, Object> sizes,
    double bytes,
    double operations,
    boolean queues,
    Setup setup) {
  /** Allocates tensors and gives the call that uses them. */
  interface Setup {
    Runnable prepare(Inputs inputs);
  }

  /** A case that memory decides. */
  static OperationCase moving(
      String operation, String detail, Map<String, Object> sizes, double bytes, Setup setup) {
    return new OperationCase(operation, detail, shape(sizes), sizes, bytes, 0, true, setup);
  }

  /** A case with products in it. */
  static OperationCase computing(
      String operation,
      String detail,
      Map<String, Object> sizes,
      double bytes,
      double operations,
      Setup setup) {
    return new OperationCase(
        operation, detail, shape(sizes), sizes, bytes, operations, true, setup);
  }

  /** A case whose call waits for a number. */
  static OperationCase waiting(
      String operation, String detail, Map<String, Object> sizes, double bytes, Setup setup) {
    return new OperationCase(operation, detail, shape(sizes), sizes, bytes, 0, false, setup);
  }

  private static String shape(Map<String, Object> sizes) {
    StringBuilder text = new StringBuilder();
    for (Object size : sizes.values()) {
      if (size instanceof Number) {
        text.append(text.isEmpty() ? "" : "x").append(size);
      }
    }
    return text.toString();
  }

  /** Sizes in the order given: name, value, name, value. */
  static Map<String, Object> sizes(Object... pairs) {
    Map<String, Object> sizes = new java.util.LinkedHashMap<>();
    for (int i = 0; i < pairs.length; i += 2) {
      sizes.put((String) pairs[i], pairs[i + 1]);
    }
    return sizes;
  }

  /** Tells this row from all others of a precision. */
  String key() {
    return operation + "/" + detail + "/" + shape;
  }
}
