package io.attune.device.cpu;

/**
 * GELU and its derivative in f32, for one number and for ranges of arrays, step for step the same.
 * Input and output ranges may be the same.
 *
 * <p>{@code gelu(x) = max(x, 0) - u Phi(-u)}, u the magnitude of x, Phi the standard normal
 * distribution function: what is subtracted is never more than 0.17, so that neither sign loses
 * digits. {@code Phi(-u)} is {@code (6.5 - u)^4 N(u) / D(u)}, N of degree 4 and D of degree 6 the
 * minimax fit of {@code u Phi(-u)} for u in 0..6.5 (1.5e-8 absolute); beyond it is 0. In f32 that
 * comes to 1e-7, absolute, for negative numbers, and is correctly rounded or the next number for
 * those above 2. No exponential is needed, which would cost as much as all the rest.
 *
 * <p>{@code gelu'(-u) = Phi(-u) - u phi(u) = (7 - u)^8 N(u) / D(u)}, phi the density, N of degree 5
 * and D of degree 6 (5e-8 absolute, in f32 3.5e-7), and {@code gelu'(u) = 1 - gelu'(-u)}.
 */
final class Gelu {
  static final float END = 6.5f;
  static final float N0 = 2.8010195819661021e-4f;
  static final float N1 = -2.0252366084605455e-4f;
  static final float N2 = 5.5959193559829146e-5f;
  static final float N3 = -6.9901520873827394e-6f;
  static final float N4 = 3.3260983010347780e-7f;
  static final float D1 = -0.54054945707321167f;
  static final float D2 = 0.35552519559860229f;
  static final float D3 = -0.11471333354711533f;
  static final float D4 = 0.036889016628265381f;
  static final float D5 = -0.0062423949129879475f;
  static final float D6 = 8.8563882622867823e-4f;

  static final float SLOPE_END = 7f;
  static final float SLOPE_N0 = 8.6733265902694256e-8f;
  static final float SLOPE_N1 = -9.3701402192891692e-8f;
  static final float SLOPE_N2 = -3.3927459952565187e-8f;
  static final float SLOPE_N3 = 4.9619295338198288e-9f;
  static final float SLOPE_N4 = 2.7648434652860487e-9f;
  static final float SLOPE_N5 = -4.3902162460973667e-10f;
  static final float SLOPE_D1 = -0.62743127346038818f;
  static final float SLOPE_D2 = 0.41377049684524536f;
  static final float SLOPE_D3 = -0.14849667251110077f;
  static final float SLOPE_D4 = 0.047015286982059479f;
  static final float SLOPE_D5 = -0.0083712767809629440f;
  static final float SLOPE_D6 = 0.0010383225744590163f;

  private Gelu() {}

  /** {@code x Phi(x)}. */
  static float value(float x) {
    float u = Math.min(END, Math.abs(x));
    float s = END - u;
    float n = Math.fma(u, N4, N3);
    n = Math.fma(u, n, N2);
    n = Math.fma(u, n, N1);
    n = Math.fma(u, n, N0);
    float d = Math.fma(u, D6, D5);
    d = Math.fma(u, d, D4);
    d = Math.fma(u, d, D3);
    d = Math.fma(u, d, D2);
    d = Math.fma(u, d, D1);
    d = Math.fma(u, d, 1);
    s = s * s;
    float lost = u * (s * s * n / d);
    return (x > 0 ? x : 0) - lost;
  }

  /** {@code Phi(x) + x phi(x)}. */
  static float derivative(float x) {
    float u = Math.min(SLOPE_END, Math.abs(x));
    float s = SLOPE_END - u;
    float n = Math.fma(u, SLOPE_N5, SLOPE_N4);
    n = Math.fma(u, n, SLOPE_N3);
    n = Math.fma(u, n, SLOPE_N2);
    n = Math.fma(u, n, SLOPE_N1);
    n = Math.fma(u, n, SLOPE_N0);
    float d = Math.fma(u, SLOPE_D6, SLOPE_D5);
    d = Math.fma(u, d, SLOPE_D4);
    d = Math.fma(u, d, SLOPE_D3);
    d = Math.fma(u, d, SLOPE_D2);
    d = Math.fma(u, d, SLOPE_D1);
    d = Math.fma(u, d, 1);
    s = s * s;
    s = s * s;
    float below = s * s * n / d;
    return x < 0 ? below : 1 - below;
  }

  /** {@code y = gelu(x)} on a range. */
  static void values(float[] x, int xo, float[] y, int yo, int n) {
    int i = VectorWidth.BITS == 0 ? 0 : VectorGelu.values(x, xo, y, yo, n);
    for (; i < n; i++) {
      y[yo + i] = value(x[xo + i]);
    }
  }

  /** {@code dx = dy gelu'(x)} on a range. */
  static void backward(float[] x, int xo, float[] dy, int dyo, float[] dx, int dxo, int n) {
    int i = VectorWidth.BITS == 0 ? 0 : VectorGelu.backward(x, xo, dy, dyo, dx, dxo, n);
    for (; i < n; i++) {
      dx[dxo + i] = dy[dyo + i] * derivative(x[xo + i]);
    }
  }
}
