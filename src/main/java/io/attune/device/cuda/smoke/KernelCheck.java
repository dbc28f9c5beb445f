package io.attune.device.cuda.smoke;

import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.device.cuda.CudaDriver;
import io.attune.device.cuda.KernelArguments;
import java.lang.foreign.Arena;
import java.util.Arrays;

/** kernels/normalize.cu, forward and backward, against double precision on the host. */
final class KernelCheck implements AutoCloseable {
  private static final int THREADS = 128;

  /** A sum of a row of 1,024 products and a division, in float32. */
  private static final double LIMIT = 1e-6;

  /** Rows, columns and the elements from a row to the next; odd ones take the scalar path. */
  private static final int[][] SHAPES = {{1, 1, 1}, {5, 33, 40}, {257, 768, 768}, {64, 1023, 1025}};

  private final Session session;
  private final Arena arena = Arena.ofConfined();
  private final CudaDriver.Module module;
  private final CudaDriver.Function forward;
  private final CudaDriver.Function backward;
  private final KernelArguments forwardArguments = new KernelArguments(arena, 6);
  private final KernelArguments backwardArguments = new KernelArguments(arena, 8);

  KernelCheck(Session session) {
    this.session = session;
    module = session.driver.loadFamily("normalize");
    forward = session.driver.function(module, "normalize_l2_f32");
    backward = session.driver.function(module, "normalize_l2_backward_f32");
  }

  void run(SmokeReport report) {
    for (int[] shape : SHAPES) {
      check(report, shape[0], shape[1], shape[2]);
    }
  }

  /** The forward kernel's rate at a training size, for the bytes that it must move. */
  void measure(SmokeReport report) {
    int rows = 65_536;
    int columns = 768;
    long x = session.upload(randoms(rows * columns, 3));
    long y = session.allocate(4L * rows * columns);
    long norm = session.allocate(4L * rows);
    double milliseconds =
        session.medianMilliseconds(i -> forward(x, columns, y, columns, norm, rows, columns));
    report.measure(
        "normalize_l2_f32 of 65536 x 768",
        (8.0 * rows * columns + 4.0 * rows) / milliseconds / 1e9,
        "TB/s");
    session.freeAll();
  }

  private void check(SmokeReport report, int rows, int columns, int stride) {
    float[] x = randoms(rows * stride, 1);
    float[] dy = randoms(rows * stride, 2);
    float[] y = new float[rows * columns];
    float[] dx = new float[rows * columns];
    NormalizeReference reference = new NormalizeReference(x, dy, rows, columns, stride);

    long xDevice = session.upload(x);
    long dyDevice = session.upload(dy);
    long yDevice = session.upload(nans(y.length));
    long normDevice = session.upload(nans(rows));
    long dxDevice = session.upload(nans(dx.length));
    forward(xDevice, stride, yDevice, columns, normDevice, rows, columns);
    backward(dyDevice, stride, yDevice, columns, normDevice, dxDevice, columns, rows, columns);
    y = session.download(yDevice, y.length);
    dx = session.download(dxDevice, dx.length);
    float[] norm = session.download(normDevice, rows);
    String size = " %d x %d".formatted(rows, columns);
    report.check("l2 forward" + size, RelativeError.of(y, reference.y()), LIMIT);
    report.check("l2 norms" + size, RelativeError.of(norm, reference.norm()), LIMIT);
    // With one column the gradient is zero in exact arithmetic: held against that of its terms.
    double scale = columns == 1 ? RelativeError.length(reference.terms()) : 0;
    report.check("l2 backward" + size, RelativeError.of(dx, reference.dx(), scale), LIMIT);

    session.driver.fill(yDevice, (byte) -1, 4L * y.length, session.stream);
    forward(xDevice, stride, yDevice, columns, normDevice, rows, columns);
    boolean same = Arrays.equals(y, session.download(yDevice, y.length));
    report.check("l2 forward" + size + ", a second run's bits", same ? 0 : 1, 0);
    session.freeAll();
  }

  private void forward(
      long x, long xStride, long y, long yStride, long norm, int rows, int columns) {
    forwardArguments.set(0, x).set(1, xStride).set(2, y).set(3, yStride).set(4, norm);
    forwardArguments.set(5, columns);
    session.driver.launch(
        forward, rows, 1, 1, THREADS, 0, session.stream, forwardArguments.segment());
  }

  private void backward(
      long dy,
      long dyStride,
      long y,
      long yStride,
      long norm,
      long dx,
      long dxStride,
      int rows,
      int columns) {
    backwardArguments.set(0, dy).set(1, dyStride).set(2, y).set(3, yStride).set(4, norm);
    backwardArguments.set(5, dx).set(6, dxStride).set(7, columns);
    session.driver.launch(
        backward, rows, 1, 1, THREADS, 0, session.stream, backwardArguments.segment());
  }

  static float[] randoms(int count, int stream) {
    Philox philox = new Philox(new PhiloxKey(1, stream, 0));
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) philox.nextNormal();
    }
    return values;
  }

  private static float[] nans(int count) {
    float[] values = new float[count];
    Arrays.fill(values, Float.NaN);
    return values;
  }

  @Override
  public void close() {
    session.driver.unloadModule(module);
    arena.close();
  }
}
