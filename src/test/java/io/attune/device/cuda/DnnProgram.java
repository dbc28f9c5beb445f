package io.attune.device.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** Each operation of {@link Dnn} against double precision, run by {@link DnnTest}. */
final class DnnProgram {
  private static final Dnn.Patches SHAPE = new Dnn.Patches(DType.F32, 2, 3, 6, 9, 3, 5);

  private DnnProgram() {}

  public static void main(String[] arguments) {
    try (CudaDriver driver = JCudaDriver.open()) {
      driver.retainPrimaryContext(0);
      CudaDriver.Stream stream = driver.createStream();
      try (Dnn dnn = Dnn.open(driver)) {
        System.err.println("using " + dnn.description());
        dnn.setStream(stream);
        softmax(driver, stream, dnn);
        convolve(driver, stream, dnn);
        convolve(driver, stream, dnn);
        try {
          dnn.softmax(4096, 4096, DType.BF16, 1, 1);
        } catch (CudaException e) {
          System.err.println("refused: " + e.getMessage());
        }
      }
      driver.destroyStream(stream);
    }
  }

  private static void softmax(CudaDriver driver, CudaDriver.Stream stream, Dnn dnn) {
    int rows = 4;
    int columns = 7;
    float[] x = random(rows * columns, 1);
    long source = upload(driver, x);
    long target = upload(driver, new float[x.length]);
    dnn.softmax(source, target, DType.F32, rows, columns);
    driver.synchronize(stream);
    float[] y = download(driver, target, x.length);
    double worst = 0;
    for (int r = 0; r < rows; r++) {
      double sum = 0;
      for (int c = 0; c < columns; c++) {
        sum += Math.exp(x[r * columns + c]);
      }
      for (int c = 0; c < columns; c++) {
        double right = Math.exp(x[r * columns + c]) / sum;
        worst = Math.max(worst, Math.abs(y[r * columns + c] - right));
      }
    }
    System.err.println(worst < 1e-6 ? "softmax right" : "softmax WRONG " + worst);
  }

  private static void convolve(CudaDriver driver, CudaDriver.Stream stream, Dnn dnn) {
    int p = SHAPE.patch();
    int down = SHAPE.height() / p;
    int across = SHAPE.width() / p;
    int channels = SHAPE.channels();
    float[] x = random(SHAPE.batch() * channels * SHAPE.height() * SHAPE.width(), 2);
    float[] w = random(SHAPE.outputs() * channels * p * p, 3);
    int count = SHAPE.batch() * SHAPE.outputs() * down * across;
    long target = upload(driver, new float[count]);
    dnn.convolve(SHAPE, upload(driver, x), upload(driver, w), target);
    driver.synchronize(stream);
    float[] y = download(driver, target, count);
    double worst = 0;
    for (int at = 0; at < count; at++) {
      int j = at % across;
      int i = at / across % down;
      int k = at / across / down % SHAPE.outputs();
      int b = at / across / down / SHAPE.outputs();
      double sum = 0;
      for (int c = 0; c < channels; c++) {
        for (int u = 0; u < p; u++) {
          int row = ((b * channels + c) * SHAPE.height() + i * p + u) * SHAPE.width() + j * p;
          for (int v = 0; v < p; v++) {
            sum += (double) x[row + v] * w[((k * channels + c) * p + u) * p + v];
          }
        }
      }
      worst = Math.max(worst, Math.abs(y[at] - sum));
    }
    System.err.println(worst < 1e-5 ? "convolution right" : "convolution WRONG " + worst);
  }

  private static float[] random(int count, int stream) {
    Philox philox = new Philox(new PhiloxKey(11, stream, 0));
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) philox.nextNormal();
    }
    return values;
  }

  private static long upload(CudaDriver driver, float[] values) {
    try (Arena arena = Arena.ofConfined()) {
      long address = driver.allocate(4L * values.length);
      driver.copyToDevice(address, arena.allocateFrom(JAVA_FLOAT, values));
      return address;
    }
  }

  private static float[] download(CudaDriver driver, long address, int count) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(JAVA_FLOAT, count);
      driver.copyToHost(host, address);
      return host.toArray(JAVA_FLOAT);
    }
  }
}
