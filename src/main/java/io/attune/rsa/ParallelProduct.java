package io.attune.rsa;

import java.util.stream.IntStream;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.CommonOps_DDRM;

/**
 * Matrix products on all cores, by bands of rows: the same bits on any number of cores. (EJML's own
 * product of many threads splits by how many there are.)
 */
final class ParallelProduct {
  private static final int BAND = 32;

  private ParallelProduct() {}

  /** a b. */
  static DMatrixRMaj of(DMatrixRMaj a, DMatrixRMaj b) {
    DMatrixRMaj product = new DMatrixRMaj(a.numRows, b.numCols);
    IntStream.range(0, (a.numRows + BAND - 1) / BAND)
        .parallel()
        .forEach(
            band -> {
              int from = band * BAND;
              int rows = Math.min(BAND, a.numRows - from);
              DMatrixRMaj some = CommonOps_DDRM.extract(a, from, from + rows, 0, a.numCols);
              DMatrixRMaj result = new DMatrixRMaj(rows, b.numCols);
              CommonOps_DDRM.mult(some, b, result);
              System.arraycopy(result.data, 0, product.data, from * b.numCols, rows * b.numCols);
            });
    return product;
  }

  /** a b^T. */
  static DMatrixRMaj ofTransposed(DMatrixRMaj a, DMatrixRMaj b) {
    return of(a, CommonOps_DDRM.transpose(b, null));
  }
}
