package io.attune.device.cuda.smoke;

/**
 * Rows to unit length and back in double precision: {@code y = x/||x||}, {@code dx = (dy - y (y .
 * dy))/||x||}.
 *
 * @param terms {@code dy/||x||}, the first term of dx
 */
record NormalizeReference(double[] y, double[] norm, double[] dx, double[] terms) {
  /** x and dy hold rows of the given stride; the results are packed. */
  NormalizeReference(float[] x, float[] dy, int rows, int columns, int stride) {
    this(
        new double[rows * columns],
        new double[rows],
        new double[rows * columns],
        new double[rows * columns]);
    for (int r = 0; r < rows; r++) {
      double squares = 0;
      for (int c = 0; c < columns; c++) {
        squares += (double) x[r * stride + c] * x[r * stride + c];
      }
      norm[r] = Math.sqrt(squares);
      double along = 0;
      for (int c = 0; c < columns; c++) {
        y[r * columns + c] = x[r * stride + c] / norm[r];
        along += y[r * columns + c] * dy[r * stride + c];
      }
      for (int c = 0; c < columns; c++) {
        int i = r * columns + c;
        terms[i] = dy[r * stride + c] / norm[r];
        dx[i] = terms[i] - y[i] * along / norm[r];
      }
    }
  }
}
