package io.attune.device.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.device.op.Noise;
import io.attune.device.op.RdmOps;
import io.attune.device.op.ReweightingOps;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Draws of noise at any width of vectors, and a whole MEG head that leaves no garbage. */
class CpuMegTest {
  /** Bytes a step: less than the smallest of its scratch arrays or lambdas on every call. */
  private static final long NOTHING = 16;

  @Test
  void wordsAreThoseOfTheHost() {
    PhiloxKey key = new PhiloxKey(0x0123456789abcdefL, 7, -3);
    int[] words = new int[4 * 23];
    for (long first : new long[] {0, 5, (1L << 32) - 9, 1L << 60}) {
      PhiloxWords.fill(key.seed(), key.stream(), key.step(), first, 23, words, 0);
      for (int i = 0; i < words.length; i++) {
        assertEquals(Philox.bits(key, 4 * first + i), words[i], first + " " + i);
      }
    }
  }

  @Test
  void normalsOfVectorsHaveTheBitsOfSingleOnes() {
    int pairs = 4099;
    int[] words = new int[2 * pairs];
    PhiloxWords.fill(1, 2, 3, 0, pairs / 2, words, 0);
    // Ends of the logarithm, and the borders of the quadrants.
    int[] ends = {0, -1, 1, -2, 0x80000000, 0x7fffffff, 0xb504f333, 0x20000000, 0xe0000000};
    for (int i = 0; i < ends.length * ends.length; i++) {
      words[2 * i] = ends[i / ends.length];
      words[2 * i + 1] = ends[i % ends.length];
    }
    float[] together = new float[2 * pairs];
    float[] single = new float[2];
    BoxMuller.fill(words, 0, together, 0, pairs);
    for (int i = 0; i < pairs; i++) {
      BoxMuller.fill(words, 2 * i, single, 0, 1);
      double radius = Math.sqrt(-2 * Math.log(((words[2 * i] & 0xFFFFFFFFL) + 1) * 0x1p-32));
      double angle = 2 * Math.PI * (words[2 * i + 1] & 0xFFFFFFFFL) * 0x1p-32;
      for (int k = 0; k < 2; k++) {
        double expected = radius * (k == 0 ? Math.cos(angle) : Math.sin(angle));
        // One rounding to f32; cosine and sine of the host's rounded angle are within 1e-15.
        assertEquals(expected, single[k], 6e-8 * Math.abs(expected) + 1e-14, "pair " + i);
        assertEquals(
            Float.floatToRawIntBits(single[k]), Float.floatToRawIntBits(together[2 * i + k]));
      }
    }
  }

  /**
   * In a JVM of its own, as a run has it: in one that has done a thousand other things, vector code
   * is now and then not inlined and boxes its vectors for good.
   */
  @Test
  void aWarmStepAllocatesNothingOnAnyThread() throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(argument -> argument.startsWith("--") || argument.startsWith("-X"))
            .toList());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Garbage.class.getName()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    List<String> lines = process.inputReader().readAllLines();
    assertEquals(0, process.waitFor(), lines::toString);
    long least = Long.parseLong(lines.getLast());
    assertTrue(least < NOTHING, least + " bytes a step");
  }

  /** Prints the fewest bytes a step that any round of steps leaves. */
  static final class Garbage {
    private Garbage() {}

    /**
     * Until vector code is compiled it boxes its vectors: rounds go on until one leaves nothing.
     */
    public static void main(String[] arguments) {
      ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      try (CpuDevice device = CpuDevice.create(2)) {
        Head head = new Head(device);
        head.run();
        long[] ids =
            Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("attune-cpu-"))
                .mapToLong(Thread::threadId)
                .toArray();
        long least = Long.MAX_VALUE;
        for (int round = 0; round < 2000 && least >= NOTHING; round++) {
          long before = allocated(threads, ids);
          for (int i = 0; i < 50; i++) {
            head.run();
          }
          least = Math.min(least, (allocated(threads, ids) - before) / 50);
        }
        System.out.println(least);
      }
    }
  }

  private static long allocated(ThreadMXBean threads, long[] ids) {
    return threads.getCurrentThreadAllocatedBytes()
        + Arrays.stream(threads.getThreadAllocatedBytes(ids)).filter(bytes -> bytes > 0).sum();
  }

  /** Forward and backward of everything above the features. */
  private static final class Head {
    private static final int T = 9;
    private static final int B = 12;
    private static final int K = 66;
    private static final int L = 4;
    private static final int P = B * (B - 1) / 2;

    private final CpuDevice device;
    private final Tensor weights;
    private final Tensor mixing;
    private final Tensor features;
    private final Tensor dfeatures;
    private final Tensor course;
    private final Tensor raw;
    private final Tensor embeddings;
    private final Tensor deviation;
    private final Tensor norm;
    private final Tensor model;
    private final Tensor target;
    private final Tensor statistics;
    private final Tensor losses;
    private final Tensor dmodel;
    private final Noise noise;

    Head(CpuDevice device) {
      this.device = device;
      weights = random("weights", 1, T, L);
      mixing = random("mixing", 2, T, L);
      features = random("features", 3, L, B, K);
      dfeatures = random("dfeatures", 4, L, B, K);
      course = random("course", 5, T);
      raw = random("raw", 6, T, B, K);
      embeddings = random("embeddings", 7, T, B, K);
      deviation = random("deviation", 8, T, K);
      norm = random("norm", 9, T, B);
      model = random("model", 10, T, P);
      target = random("target", 11, T, P);
      statistics = random("statistics", 12, RdmOps.statisticsSize(T, P));
      losses = random("losses", 13, 3);
      dmodel = random("dmodel", 14, T, P);
      noise = Noise.drawn(device.allocate("key", DType.I32, Shape.of(8)));
    }

    void run() {
      ReweightingOps reweighting = device.reweighting();
      RdmOps rdm = device.rdm();
      reweighting.mixing(weights, 3, mixing);
      reweighting.reweight(mixing, features, course, raw);
      reweighting.inject(raw, course, course, noise, deviation, embeddings);
      rdm.correlation(embeddings, embeddings, norm, model);
      rdm.loss(model, target, statistics, losses);
      rdm.lossBackward(model, target, statistics, losses, dmodel);
      rdm.correlationBackward(dmodel, embeddings, norm, raw);
      reweighting.injectBackward(raw, course, course, noise, deviation, raw, raw);
      reweighting.reweightBackward(mixing, features, course, raw, raw, mixing, dfeatures);
      reweighting.mixingBackward(weights, 3, mixing, mixing, weights);
    }

    private Tensor random(String name, int stream, long... dims) {
      Tensor tensor = device.allocate(name, DType.F32, Shape.of(dims));
      device.philox().uniform(new PhiloxKey(7, stream, 0), 0, 0, 1, tensor);
      return tensor;
    }
  }
}
