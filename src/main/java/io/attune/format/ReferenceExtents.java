package io.attune.format;

import io.attune.InputException;
import io.attune.tensor.Shape;
import java.util.HashMap;
import java.util.Map;

/**
 * What the symbols of {@link ReferenceLayout} stand for: the model's extents from the start, the
 * others from the first tensor that has them. Every later tensor must agree.
 */
final class ReferenceExtents {
  private final TensorSource source;
  private final Map<String, Long> extents = new HashMap<>();
  private final Map<String, String> boundBy = new HashMap<>();

  ReferenceExtents(TensorSource source, ReferenceModel model) {
    this.source = source;
    bind("H", model.imageSize());
    bind("t", model.visionTokens());
    bind("D", model.visionWidth());
    bind("L", model.visionBlocks());
    bind("C", model.context());
    bind("E", model.textWidth());
    bind("P", model.projection());
  }

  /**
   * The extent of a symbol that some tensor has bound.
   *
   * @throws IllegalStateException if none has
   */
  int get(String symbol) {
    Long extent = extents.get(symbol);
    if (extent == null) {
      throw new IllegalStateException("this kind of reference has no extent " + symbol);
    }
    return Math.toIntExact(extent);
  }

  /**
   * Holds a tensor's shape against its axes, binding symbols that are new.
   *
   * @param axes symbols or numbers set apart by blanks; empty for a scalar, written as [] or [1]
   * @throws InputException naming the tensor, if they disagree
   */
  void check(String name, String axes) {
    Shape shape = source.info(name).shape();
    long[] dims = shape.dims();
    if (axes.isEmpty()) {
      if (dims.length > 1 || shape.size() != 1) {
        throw bad("tensor %s has shape %s, expected []", name, shape);
      }
      return;
    }
    String[] symbols = axes.split(" ");
    if (symbols.length != dims.length) {
      throw bad("tensor %s has shape %s, expected [%s]", name, shape, axes);
    }
    for (int axis = 0; axis < dims.length; axis++) {
      checkAxis(name, axes, symbols[axis], axis, dims[axis]);
      if (dims[axis] == 0 || dims[axis] > Integer.MAX_VALUE) {
        throw bad("tensor %s has impossible shape %s", name, shape);
      }
    }
  }

  private void checkAxis(String name, String axes, String symbol, int axis, long found) {
    boolean isNumber = Character.isDigit(symbol.charAt(0));
    Long expected = isNumber ? Long.valueOf(symbol) : extents.putIfAbsent(symbol, found);
    if (expected == null) {
      boundBy.put(symbol, name);
    } else if (expected != found) {
      throw bad(
          "tensor %s has shape %s, expected [%s] with %d at axis %d%s",
          name,
          source.info(name).shape(),
          axes,
          expected,
          axis,
          isNumber ? "" : " as in " + boundBy.get(symbol));
    }
  }

  private void bind(String symbol, int extent) {
    extents.put(symbol, (long) extent);
    boundBy.put(symbol, "the model");
  }

  private InputException bad(String format, Object... args) {
    return new InputException(source.location() + ": " + format.formatted(args));
  }
}
