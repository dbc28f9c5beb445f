package io.attune.device.cuda;

import io.attune.device.cuda.Blas.Compute;
import io.attune.device.cuda.Blas.Matrix;
import io.attune.tensor.DType;

/** All that the choice of an algorithm depends on; alignments in bytes, of the five addresses. */
record CublasLtShape(
    boolean transposeA,
    boolean transposeB,
    int m,
    int n,
    int k,
    DType operands,
    DType result,
    int leadingA,
    int leadingB,
    int leadingSource,
    int leadingC,
    int alignmentA,
    int alignmentB,
    int alignmentSource,
    int alignmentC,
    int alignmentOfBias,
    Compute compute) {
  /** More than this makes no difference to the library. */
  private static final int MAX_ALIGNMENT = 256;

  static CublasLtShape of(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      Matrix a,
      Matrix b,
      Matrix source,
      Matrix c,
      long bias,
      Compute compute) {
    return new CublasLtShape(
        transposeA,
        transposeB,
        m,
        n,
        k,
        a.type(),
        c.type(),
        a.leading(),
        b.leading(),
        source.leading(),
        c.leading(),
        alignment(a.address()),
        alignment(b.address()),
        alignment(source.address()),
        alignment(c.address()),
        alignment(bias),
        compute);
  }

  private static int alignment(long address) {
    long lowestBit = Long.lowestOneBit(address);
    return lowestBit == 0 || lowestBit > MAX_ALIGNMENT ? MAX_ALIGNMENT : (int) lowestBit;
  }

  int rowsOfA() {
    return transposeA ? k : m;
  }

  int columnsOfA() {
    return transposeA ? m : k;
  }

  int rowsOfB() {
    return transposeB ? n : k;
  }

  int columnsOfB() {
    return transposeB ? k : n;
  }
}
