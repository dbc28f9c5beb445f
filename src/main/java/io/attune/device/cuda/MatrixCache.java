package io.attune.device.cuda;

import io.attune.tensor.DType;

/**
 * The operands of products, kept from step to step: a step that is done anew each time multiplies
 * the same matrices, and need not describe them again. What falls into one place replaces what was
 * there.
 */
final class MatrixCache {
  private static final int PLACES = 1 << 12;

  private final Blas.Matrix[] matrices = new Blas.Matrix[PLACES];

  Blas.Matrix of(long address, DType type, int leading, long stride) {
    long mixed = (address * 31 + leading) * 31 + stride;
    int place = (int) ((mixed * 0x9E3779B97F4A7C15L) >>> 52);
    Blas.Matrix known = matrices[place];
    if (known == null
        || known.address() != address
        || known.type() != type
        || known.leading() != leading
        || known.stride() != stride) {
      known = new Blas.Matrix(address, type, leading, stride);
      matrices[place] = known;
    }
    return known;
  }
}
