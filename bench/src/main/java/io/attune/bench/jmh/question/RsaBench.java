package io.attune.bench.jmh.question;

import io.attune.bench.jmh.Amount;
import io.attune.bench.jmh.Contest;
import io.attune.bench.jmh.Contestant;
import io.attune.bench.jmh.Provider;
import io.attune.bench.jmh.Question;
import io.attune.bench.jmh.peer.OnArrays;
import io.attune.bench.jmh.peer.Ours;
import io.attune.bench.jmh.peer.Python;
import io.attune.bench.jmh.peer.Values;
import io.attune.rsa.Comparison;
import io.attune.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * Representational similarity at the size of THINGS: correlation RDMs of 1,854 objects with 66
 * features at 281 times, and Spearman's correlation of two RDMs' 1.7 million pairs.
 */
public final class RsaBench implements Question {
  @Override
  public String name() {
    return "rsa";
  }

  @Override
  public String description() {
    return "RDMs and their rank correlation, beside NumPy and SciPy";
  }

  @Override
  public List<Contest> contests() {
    return List.of(rdms(281, 1854, 66), spearman(1854 * 1853 / 2));
  }

  @Override
  public List<Contest> samples() {
    return List.of(rdms(3, 17, 9), spearman(1001));
  }

  private static Contest rdms(int times, int objects, int features) {
    double pairs = objects * (objects - 1) / 2.0;
    return Contest.of(
            "rdm correlation",
            "%dx%d at %d times".formatted(objects, features, times),
            Amount.flops(2 * pairs * features * times),
            1e-5,
            Map.of(
                Provider.ATTUNE, threads -> ourRdms(times, objects, features, threads),
                Provider.NUMPY,
                    threads ->
                        Python.on(
                            threads,
                            "correlation",
                            List.of(new Values().normal(times, objects, features)),
                            List.of(new int[] {times, objects, features}))))
        .paced(Contest.Pace.LONG);
  }

  /** One time after the other, in the same memory, as the peer does. */
  private static Contestant ourRdms(int times, int objects, int features, int threads) {
    Ours ours = new Ours(threads);
    Tensor x =
        ours.tensor(
            new Values().normal(times, objects, features), (long) times * objects, features);
    Tensor unit = ours.empty(1, objects, features);
    Tensor rdm = ours.empty(1, objects * (objects - 1L) / 2);
    Tensor[] slices = new Tensor[times];
    for (int t = 0; t < times; t++) {
      slices[t] = x.rowRange((long) t * objects, objects).reshape(1, objects, features);
    }
    return ours.running(
        () -> {
          for (Tensor slice : slices) {
            ours.device().rdm().correlation(slice, unit, null, rdm);
          }
        },
        rdm);
  }

  private static Contest spearman(int pairs) {
    return Contest.of(
            "spearman",
            pairs + " pairs",
            Amount.once(),
            1e-6,
            Map.of(
                Provider.ATTUNE, threads -> ourSpearman(pairs),
                Provider.NUMPY, threads -> theirSpearman(pairs, threads)))
        .paced(Contest.Pace.LONG);
  }

  private static Contestant ourSpearman(int pairs) {
    Values values = new Values();
    double[] x = doubles(values.normal(pairs));
    double[] y = related(x, values);
    float[] result = new float[1];
    return new OnArrays(
        () -> result[0] = (float) Comparison.SPEARMAN.correlate(x, y).value(), result);
  }

  private static Contestant theirSpearman(int pairs, int threads) throws Exception {
    Values values = new Values();
    double[] x = doubles(values.normal(pairs));
    double[] y = related(x, values);
    return Python.on(
        threads,
        "spearman",
        List.of(floats(x), floats(y)),
        List.of(new int[] {pairs}, new int[] {pairs}));
  }

  /**
   * As correlated as models and people are; exactly floats, so that both providers see the same.
   */
  private static double[] related(double[] x, Values values) {
    float[] noise = values.normal(x.length);
    double[] y = new double[x.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = (float) (x[i] + 2 * noise[i]);
    }
    return y;
  }

  private static double[] doubles(float[] values) {
    double[] wide = new double[values.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = values[i];
    }
    return wide;
  }

  private static float[] floats(double[] values) {
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    return narrow;
  }
}
