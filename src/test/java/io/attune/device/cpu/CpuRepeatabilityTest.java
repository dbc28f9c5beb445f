package io.attune.device.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.attune.device.PhiloxKey;
import io.attune.device.op.Activation;
import io.attune.device.op.AttentionShape;
import io.attune.device.op.Epilogue;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What towers are made of gives the same bits on any number of threads, and leaves no garbage. */
class CpuRepeatabilityTest {
  /** Bytes a step: less than the smallest of its scratch arrays or lambdas on every call. */
  private static final long NOTHING = 16;

  private static final int BATCH = 3;
  private static final int TOKENS = 50;
  private static final int WIDTH = 96;
  private static final PhiloxKey NOISE = new PhiloxKey(7, 8, 0);

  @Test
  void resultsDoNotDependOnTheNumberOfThreads() {
    float[] one = result(1);
    assertArrayEquals(one, result(2));
    assertArrayEquals(one, result(5));
  }

  @Test
  void aRowDoesNotDependOnTheRowsBesideIt() {
    try (CpuDevice device = CpuDevice.create(2)) {
      Step step = new Step(device);
      step.run();
      float[] all = device.toArray(step.qkv);
      Tensor alone = step.zeros("alone", 1, 3 * WIDTH);
      for (int row = 0; row < BATCH * TOKENS; row += 7) {
        Tensor x = step.x.rowRange(row, 1);
        device.gemm().multiply(false, x, true, step.weight, 1, 0, alone, Epilogue.NONE);
        int from = row * 3 * WIDTH;
        assertArrayEquals(
            Arrays.copyOfRange(all, from, from + 3 * WIDTH), device.toArray(alone), "row " + row);
      }
    }
  }

  /** Rows and columns in part of a panel, steps of k in part of a block and of a stretch. */
  @Test
  void aFewRowsAreThoseOfALargeProduct() {
    int m = 150;
    int n = 231;
    int k = 777;
    try (CpuDevice device = CpuDevice.create(2)) {
      for (boolean transposeB : new boolean[] {false, true}) {
        Tensor x = random(device, "x", 5, m, k);
        Tensor b = random(device, "b", 6, transposeB ? n : k, transposeB ? k : n);
        Tensor bias = random(device, "bias", 7, n);
        Tensor all = device.allocate("all", DType.F32, Shape.of(m, n));
        for (Epilogue epilogue : new Epilogue[] {Epilogue.NONE, Epilogue.bias(bias)}) {
          device.gemm().multiply(false, x, transposeB, b, 1, 0, all, epilogue);
          float[] expected = device.toArray(all);
          for (int count : new int[] {1, 2, 3, 4, 5, 8, 13, 14, 16, 31}) {
            int first = m - 40 + count / 4;
            Tensor rows = x.rowRange(first, count);
            Tensor few = device.allocate("few", DType.F32, Shape.of(count, n));
            device.gemm().multiply(false, rows, transposeB, b, 1, 0, few, epilogue);
            assertArrayEquals(
                Arrays.copyOfRange(expected, first * n, (first + count) * n),
                device.toArray(few),
                "%d rows, transposeB %s".formatted(count, transposeB));
          }
        }
      }
    }
  }

  /**
   * Until vector code is compiled it boxes its vectors: rounds are run until one leaves nothing.
   */
  @Test
  void aWarmStepAllocatesNothingOnAnyThread() {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (CpuDevice device = CpuDevice.create(3)) {
      Step step = new Step(device);
      long[] ids =
          Thread.getAllStackTraces().keySet().stream()
              .filter(thread -> thread.getName().startsWith("attune-cpu-"))
              .mapToLong(Thread::threadId)
              .toArray();
      long least = Long.MAX_VALUE;
      for (int round = 0; round < 100 && least >= NOTHING; round++) {
        long before = allocated(threads, ids);
        for (int i = 0; i < 100; i++) {
          step.run();
        }
        least = Math.min(least, (allocated(threads, ids) - before) / 100);
      }
      assertTrue(least < NOTHING, least + " bytes a step");
    }
  }

  private static long allocated(ThreadMXBean threads, long[] ids) {
    long sum = threads.getCurrentThreadAllocatedBytes();
    for (long bytes : threads.getThreadAllocatedBytes(ids)) {
      sum += Math.max(0, bytes);
    }
    return sum;
  }

  private static Tensor random(CpuDevice device, String name, int stream, long... dims) {
    Tensor tensor = device.allocate(name, DType.F32, Shape.of(dims));
    device.philox().normal(new PhiloxKey(7, stream, 0), 0, 0, 1, tensor);
    return tensor;
  }

  private static float[] result(int threads) {
    try (CpuDevice device = CpuDevice.create(threads)) {
      Step step = new Step(device);
      step.run();
      float[] out = device.toArray(step.projected);
      float[] gradient = device.toArray(step.dqkv);
      float[] sums = device.toArray(step.dnorm);
      float[] noise = device.toArray(step.noise);
      float[] all = new float[out.length + gradient.length + sums.length + noise.length];
      System.arraycopy(out, 0, all, 0, out.length);
      System.arraycopy(gradient, 0, all, out.length, gradient.length);
      System.arraycopy(sums, 0, all, out.length + gradient.length, sums.length);
      System.arraycopy(noise, 0, all, all.length - noise.length, noise.length);
      return all;
    }
  }

  /**
   * What a block of a tower does: a packed product, attention, a product with an epilogue, back.
   */
  private static final class Step {
    private final CpuDevice device;
    private final AttentionShape shape =
        new AttentionShape(BATCH, 3, TOKENS, TOKENS, WIDTH / 3, true);
    private final Tensor x;
    private final Tensor weight;
    private final Tensor qkv;
    private final Tensor dqkv;
    private final Tensor[] parts = new Tensor[6];
    private final Tensor out;
    private final Tensor dout;
    private final Tensor logSumExp;
    private final Tensor delta;
    private final Tensor projected;
    private final Tensor pre;
    private final Epilogue epilogue;
    private final Tensor gamma;
    private final Tensor mean;
    private final Tensor rstd;

    /** Rows of dx, then dgamma, dbeta and sums. */
    private final Tensor dnorm;

    private final Tensor dx;
    private final Tensor dgamma;
    private final Tensor dbeta;
    private final Tensor sums;
    private final Tensor noise;
    private final Tensor unit;
    private final Tensor lengths;

    Step(CpuDevice device) {
      this.device = device;
      int rows = BATCH * TOKENS;
      x = random("x", 1, rows, WIDTH);
      weight = random("weight", 2, 3 * WIDTH, WIDTH);
      qkv = zeros("qkv", rows, 3 * WIDTH);
      dqkv = zeros("dqkv", rows, 3 * WIDTH);
      for (int i = 0; i < 3; i++) {
        parts[i] = qkv.columnRange(i * WIDTH, WIDTH);
        parts[3 + i] = dqkv.columnRange(i * WIDTH, WIDTH);
      }
      out = zeros("out", rows, WIDTH);
      dout = random("dout", 3, rows, WIDTH);
      logSumExp = zeros("logSumExp", BATCH, 3, TOKENS);
      delta = zeros("delta", BATCH, 3, TOKENS);
      projected = zeros("projected", rows, 3 * WIDTH);
      pre = zeros("pre", rows, 3 * WIDTH);
      epilogue = new Epilogue(random("bias", 4, 3 * WIDTH), Activation.QUICK_GELU, pre, projected);
      gamma = random("gamma", 5, WIDTH);
      mean = zeros("mean", rows);
      rstd = zeros("rstd", rows);
      dnorm = zeros("dnorm", rows + 3, WIDTH);
      dx = dnorm.rowRange(0, rows);
      dgamma = dnorm.rowRange(rows, 1).reshape(WIDTH);
      dbeta = dnorm.rowRange(rows + 1, 1).reshape(WIDTH);
      sums = dnorm.rowRange(rows + 2, 1).reshape(WIDTH);
      noise = zeros("noise", rows, WIDTH);
      unit = zeros("unit", rows, WIDTH);
      lengths = zeros("lengths", rows);
    }

    void run() {
      device.gemm().multiply(false, x, true, weight, 1, 0, qkv, Epilogue.NONE);
      device.attention().forward(shape, parts[0], parts[1], parts[2], out, logSumExp);
      device.gemm().multiply(false, out, true, weight, 1, 0, projected, epilogue);
      device
          .attention()
          .backward(
              shape, parts[0], parts[1], parts[2], out, logSumExp, dout, delta, parts[3], parts[4],
              parts[5]);
      norm();
      normalize();
    }

    /** What goes back through a layer norm, then sums over rows. */
    private void norm() {
      device.layerNorm().forward(x, gamma, gamma, 1e-5f, dx, mean, rstd);
      device.layerNorm().backward(dout, x, gamma, mean, rstd, dx, true, dgamma, dbeta);
      device.reduce().columnSums(dx, false, sums);
    }

    /** Noise, and what goes back through its division by the lengths of its rows. */
    private void normalize() {
      device.philox().normal(NOISE, 0, 0, 1, noise);
      device.normalize().l2(noise, unit, lengths);
      device.normalize().l2Backward(dout, unit, lengths, noise);
    }

    private Tensor zeros(String name, long... dims) {
      return device.allocate(name, DType.F32, Shape.of(dims));
    }

    private Tensor random(String name, int stream, long... dims) {
      return CpuRepeatabilityTest.random(device, name, stream, dims);
    }
  }
}
