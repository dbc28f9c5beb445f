package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the emulation computes as a GPU would, and what it refuses that a GPU would not notice. */
class EmulationTest {
  private static Path library;

  private Probe probe;

  @BeforeAll
  static void build() throws Exception {
    library = Probe.build();
  }

  @BeforeEach
  void open() {
    probe = Probe.open(library, 1);
  }

  @AfterEach
  void close() {
    probe.close();
  }

  private void refuses(String kernel, int threads, String reason, Object... arguments) {
    CudaException refused =
        assertThrows(CudaException.class, () -> probe.launch(kernel, 1, threads, 0, arguments));
    assertTrue(refused.getMessage().contains(reason), refused.getMessage());
    assertTrue(refused.getMessage().contains(kernel), refused.getMessage());
  }

  @Test
  void argumentsArriveAndAreKnownByTheirKinds() {
    assertEquals("plifd", probe.driver.signature(probe.kernel("probe_arguments")));
    long out = probe.zeros(32);
    probe.launch("probe_arguments", 1, 1, 0, out, -(1L << 40), -7, 0.25f, 1e-300);
    assertArrayEquals(new double[] {-(1L << 40), -7, 0.25, 1e-300}, probe.doubles(out, 4));
  }

  @Test
  void everyThreadOfEveryBlockRunsOnce() {
    int blocks = 5 * 3 * 2;
    int threads = 70;
    long counts = probe.zeros(4 * blocks);
    long sums = probe.zeros(4 * blocks * threads);
    probe.launch("probe_grid", new int[] {5, 3, 2}, threads, 0, counts, sums);
    int[] ones = new int[blocks];
    Arrays.fill(ones, 1);
    assertArrayEquals(ones, probe.ints(counts, blocks));
    // 70 threads are two whole warps and a part of one.
    int[] expected = IntStream.range(0, blocks * threads).map(i -> 2000 + i % threads).toArray();
    assertArrayEquals(expected, probe.ints(sums, blocks * threads));
  }

  @Test
  void shufflesAndVotes() {
    long across = probe.zeros(256);
    long rotated = probe.zeros(256);
    long first = probe.zeros(512);
    long votes = probe.zeros(256);
    probe.launch("probe_shuffles", 1, 64, 0, across, rotated, first, votes);
    float[] floats = probe.floats(across, 64);
    int[] ints = probe.ints(rotated, 64);
    double[] doubles = probe.doubles(first, 64);
    int[] bits = probe.ints(votes, 64);
    for (int i = 0; i < 64; i++) {
      int warp = i / 32 * 32;
      assertEquals(i ^ 5, floats[i]);
      assertEquals(100 * (warp + (i + 1) % 32), ints[i]);
      assertEquals(0.5 * (warp + 3), doubles[i]);
      assertEquals(8 + (i < 32 ? 2 : 1), bits[i]);
    }
  }

  @Test
  void aBarrierThatSomeThreadsNeverReachIsAnError() {
    refuses("probe_half_barrier", 128, "which 64 of 128 threads have reached");
    // The scheduler is in order after that.
    shufflesAndVotes();
  }

  @Test
  void warpOperationsWithoutAllLanesAreErrors() {
    long out = probe.zeros(512);
    refuses("probe_half_shuffle", 64, "has ended", out);
    refuses("probe_mixed_meeting", 32, "warp_barrier", out);
    refuses("probe_shuffle_or_barrier", 32, "block_barrier", out);
    refuses("probe_half_shuffle", 16, "16 of 32 lanes", out);
  }

  @Test
  void launchesThatAGpuRefusesAreRefused() {
    long out = probe.zeros(4096);
    refuses("probe_bounded", 65, "1 to 64 threads", out);
    refuses("probe_large_arrays", 32, "shared memory is full", out);
    refuses("probe_bounded", 0, "0 threads", out);
    refuses("probe_bounded", 32, "not device memory", 12345L);
    assertThrows(
        CudaException.class,
        () -> probe.launch("probe_bounded", new int[] {1, 65_536, 1}, 32, 0, out));
    assertThrows(CudaException.class, () -> probe.launch("probe_bounded", 1, 32, 50_000, out));
    assertThrows(CudaException.class, () -> probe.kernel("probe_absent"));
    assertThrows(CudaException.class, () -> probe.driver.loadFamily("absent"));
  }

  @Test
  void sharedMemoryIsPoisonBeforeEachBlock() {
    int blocks = 3;
    int dynamic = 100;
    long out = probe.zeros(4 * blocks * (64 + dynamic));
    probe.launch("probe_poison", blocks, 32, 4 * dynamic, out, dynamic);
    for (float value : probe.floats(out, blocks * (64 + dynamic))) {
      assertTrue(Float.isNaN(value), "found " + value);
    }
  }

  @Test
  void freshMemoryIsPoisonAndOverrunsAreNoticed() {
    long fresh = probe.driver.allocate(8);
    assertTrue(Float.isNaN(probe.floats(fresh, 2)[1]));
    probe.launch("probe_overrun", 1, 1, 0, fresh, 1);
    refuses("probe_overrun", 1, "past the end of its allocation of 8 bytes", fresh, 2);
    CudaException late = assertThrows(CudaException.class, () -> probe.driver.free(fresh));
    assertTrue(late.getMessage().contains("past the end"), late.getMessage());
    long before = probe.zeros(8);
    refuses("probe_overrun", 1, "before its allocation", before, -1);
    assertThrows(CudaException.class, () -> probe.driver.free(12345));
    assertThrows(
        CudaException.class, () -> probe.driver.copyOnDevice(before, before, 12, probe.stream));
  }

  @Test
  void whatAGpuFaultsOnIsAnError() {
    long from = probe.upload(1, 2, 3, 4, 5, 6, 7, 8);
    long out = probe.zeros(16);
    probe.launch("probe_wide_read", 1, 1, 0, from, 4, out);
    assertEquals(13, probe.floats(out, 1)[0]);
    refuses("probe_wide_read", 1, "is no multiple of 16", from, 1, out);
    probe.launch("probe_index", 1, 1, 0, 7);
    refuses("probe_index", 32, "index 8 lies outside its array", 8);
    refuses("probe_index", 32, "index -1 lies outside its array", -1);
    probe.launch("probe_arithmetic", 1, 1, 0, 5, 31, 0, out);
    refuses("probe_arithmetic", 1, "shift", 5, 32, 0, out);
    refuses("probe_arithmetic", 1, "division by zero", 5, 0, 1, out);
  }

  private static short[] bf16(Philox random, int count) {
    short[] values = new short[count];
    for (int i = 0; i < count; i++) {
      values[i] = (short) (Float.floatToIntBits((float) random.nextNormal()) >>> 16);
    }
    return values;
  }

  private static float value(short bf16) {
    return Float.intBitsToFloat(bf16 << 16);
  }

  @Test
  void matrixFragmentsLieAsInTheHardware() {
    Philox random = new Philox(new PhiloxKey(1, 2, 3));
    short[] a = bf16(random, 256);
    short[] b = bf16(random, 128);
    float[] c = new float[128];
    for (int i = 0; i < c.length; i++) {
      c[i] = (float) random.nextNormal();
    }
    long aDevice = probe.upload(a);
    long bDevice = probe.upload(b);
    long cDevice = probe.upload(c);
    long loaded = probe.zeros(4 * 128);
    probe.launch("probe_product", 1, 32, 0, aDevice, bDevice, cDevice);
    probe.launch("probe_loads", 1, 32, 0, aDevice, bDevice, loaded);
    float[] sums = probe.floats(cDevice, 128);
    float[] products = probe.floats(loaded, 128);
    for (int i = 0; i < 128; i++) {
      double expected = 0;
      for (int k = 0; k < 16; k++) {
        expected += (double) value(a[i / 8 * 16 + k]) * value(b[k * 8 + i % 8]);
      }
      assertEquals(expected, products[i], 1e-5, "element " + i);
      assertEquals(expected + c[i], sums[i], 1e-5, "element " + i);
    }
  }

  @Test
  void asynchronousCopiesArriveWhenTheyAreWaitedFor() {
    float[] from = new float[256];
    for (int i = 0; i < from.length; i++) {
      from[i] = i;
    }
    long source = probe.upload(from);
    long target = probe.zeros(4 * 256);
    for (int left = 0; left <= 2; left++) {
      probe.launch("probe_copies", 1, 32, 0, source, target, left);
      float[] to = probe.floats(target, 256);
      for (int i = 0; i < 256; i++) {
        boolean arrived = i % 8 < 8 - 4 * left;
        assertEquals(arrived ? i : Float.NaN, to[i], "element " + i + ", groups left " + left);
      }
    }
    refuses("probe_misplaced_copy", 1, "not in shared memory", source, target);
  }

  /** The order of threads is the seed's: only a race shows it. */
  @Test
  void aRaceShowsInTheBitsAndOnlyARaceDoes() {
    float[][] correct = new float[8][];
    float[][] racy = new float[8][];
    for (int seed = 0; seed < 8; seed++) {
      try (Probe other = Probe.open(library, seed)) {
        long out = other.zeros(4 * 4 * 96);
        other.launch("probe_neighbours", 4, 96, 0, out, 1);
        correct[seed] = other.floats(out, 4 * 96);
        other.launch("probe_neighbours", 4, 96, 0, out, 0);
        racy[seed] = other.floats(out, 4 * 96);
      }
      assertEquals(1, correct[seed][0]);
      assertArrayEquals(correct[0], correct[seed], "seed " + seed);
      assertFalse(Arrays.equals(correct[seed], racy[seed]), "seed " + seed);
    }
    for (int seed = 1; seed < 8; seed++) {
      assertFalse(Arrays.equals(racy[0], racy[seed]), "seeds 0 and " + seed);
    }
  }
}
