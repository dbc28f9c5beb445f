package io.attune.bench.jmh.question;

import dev.ludovic.netlib.blas.JavaBLAS;
import io.attune.bench.jmh.Contestant;
import io.attune.bench.jmh.peer.OnArrays;
import io.attune.bench.jmh.peer.Values;
import org.ejml.concurrency.EjmlConcurrency;
import org.ejml.data.FMatrixRMaj;
import org.ejml.dense.row.CommonOps_FDRM;
import org.ejml.dense.row.CommonOps_MT_FDRM;

/** Matrix products of other Java libraries. */
final class JavaProducts {
  private static final String VECTOR_BLAS = "VectorBLAS";

  private JavaProducts() {}

  static Contestant ejml(Product product, int threads) {
    Values values = new Values();
    FMatrixRMaj a = matrix(values, product.rowsA(), product.columnsA());
    FMatrixRMaj b = matrix(values, product.rowsB(), product.columnsB());
    FMatrixRMaj c = new FMatrixRMaj(product.m(), product.n());
    EjmlConcurrency.setMaxThreads(threads);
    boolean parallel = threads > 1;
    Runnable work;
    if (product.transposeA()) {
      work =
          () -> {
            if (parallel) {
              CommonOps_MT_FDRM.multTransA(a, b, c);
            } else {
              CommonOps_FDRM.multTransA(a, b, c);
            }
          };
    } else if (product.transposeB()) {
      work =
          () -> {
            if (parallel) {
              CommonOps_MT_FDRM.multTransB(a, b, c);
            } else {
              CommonOps_FDRM.multTransB(a, b, c);
            }
          };
    } else {
      work =
          () -> {
            if (parallel) {
              CommonOps_MT_FDRM.mult(a, b, c);
            } else {
              CommonOps_FDRM.mult(a, b, c);
            }
          };
    }
    return new OnArrays(work, c.data);
  }

  private static FMatrixRMaj matrix(Values values, int rows, int columns) {
    return FMatrixRMaj.wrap(rows, columns, values.normal(rows, columns));
  }

  /** Its matrices are column by column, so that ours are their transposes: C^T = B^T A^T. */
  static Contestant netlib(Product product) {
    JavaBLAS blas = JavaBLAS.getInstance();
    if (!blas.getClass().getSimpleName().equals(VECTOR_BLAS)) {
      throw new IllegalStateException(
          "netlib gives %s instead of %s on this Java"
              .formatted(blas.getClass().getSimpleName(), VECTOR_BLAS));
    }
    Values values = new Values();
    float[] a = values.normal(product.rowsA(), product.columnsA());
    float[] b = values.normal(product.rowsB(), product.columnsB());
    float[] c = new float[product.m() * product.n()];
    String transposeA = product.transposeA() ? "T" : "N";
    String transposeB = product.transposeB() ? "T" : "N";
    return new OnArrays(
        () ->
            blas.sgemm(
                transposeB,
                transposeA,
                product.n(),
                product.m(),
                product.k(),
                1,
                b,
                product.columnsB(),
                a,
                product.columnsA(),
                0,
                c,
                product.n()),
        c);
  }
}
