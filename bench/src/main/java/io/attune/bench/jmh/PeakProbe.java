package io.attune.bench.jmh;

import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * What the machine can do at best: fused multiply-adds on registers, in twelve independent chains
 * (two units with a latency of four or five need ten), and a copy far larger than the caches. Run
 * on as many threads as the providers have.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class PeakProbe {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int CHAINS = 12;
  private static final int ROUNDS = 100_000;
  private static final int COPIED = 1 << 25;

  private float[] seeds;
  private float[] source;
  private float[] target;

  /** Operations of one call of {@link #multiplyAdd} on one thread. */
  static double flops() {
    return 2.0 * SPECIES.length() * CHAINS * ROUNDS;
  }

  /** Bytes read and written by one call of {@link #copy} on one thread. */
  static double bytes() {
    return 8.0 * COPIED;
  }

  @Setup
  public void prepare() {
    seeds = new float[SPECIES.length()];
    Arrays.fill(seeds, 0.5f);
    source = new float[COPIED];
    target = new float[COPIED];
    Arrays.fill(source, 1);
  }

  @Benchmark
  public float multiplyAdd() {
    FloatVector x = FloatVector.fromArray(SPECIES, seeds, 0);
    FloatVector a0 = x;
    FloatVector a1 = x;
    FloatVector a2 = x;
    FloatVector a3 = x;
    FloatVector a4 = x;
    FloatVector a5 = x;
    FloatVector a6 = x;
    FloatVector a7 = x;
    FloatVector a8 = x;
    FloatVector a9 = x;
    FloatVector a10 = x;
    FloatVector a11 = x;
    for (int i = 0; i < ROUNDS; i++) {
      a0 = a0.fma(x, x);
      a1 = a1.fma(x, x);
      a2 = a2.fma(x, x);
      a3 = a3.fma(x, x);
      a4 = a4.fma(x, x);
      a5 = a5.fma(x, x);
      a6 = a6.fma(x, x);
      a7 = a7.fma(x, x);
      a8 = a8.fma(x, x);
      a9 = a9.fma(x, x);
      a10 = a10.fma(x, x);
      a11 = a11.fma(x, x);
    }
    FloatVector first = a0.add(a1).add(a2).add(a3).add(a4).add(a5);
    FloatVector second = a6.add(a7).add(a8).add(a9).add(a10).add(a11);
    return first.add(second).lane(0);
  }

  @Benchmark
  public float[] copy() {
    System.arraycopy(source, 0, target, 0, COPIED);
    return target;
  }
}
