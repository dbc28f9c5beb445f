package io.attune.bench.jmh.question;

import io.attune.bench.jmh.Amount;
import io.attune.bench.jmh.Contest;
import io.attune.bench.jmh.Contestant;
import io.attune.bench.jmh.Provider;
import io.attune.bench.jmh.Question;
import io.attune.bench.jmh.peer.OnArrays;
import io.attune.bench.jmh.peer.OnPool;
import io.attune.bench.jmh.peer.Ours;
import io.attune.bench.jmh.peer.Python;
import io.attune.bench.jmh.peer.Values;
import io.attune.rsa.Comparison;
import io.attune.rsa.Shrinkage;
import io.attune.rsa.TrialRdm;
import io.attune.rsa.Trials;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Representational similarity at the size of THINGS: correlation RDMs of 1,854 objects with 66
 * features at 281 times, Spearman's correlation of two RDMs' 1.7 million pairs, and decoding of
 * pairs of conditions.
 */
public final class RsaBench implements Question {
  @Override
  public String name() {
    return "rsa";
  }

  @Override
  public String description() {
    return "RDMs, their rank correlation and pairwise decoding, beside NumPy and SciPy";
  }

  @Override
  public List<Contest> contests() {
    return List.of(rdms(281, 1854, 66), spearman(1854 * 1853 / 2), lda(16, 12, 271));
  }

  @Override
  public List<Contest> samples() {
    return List.of(rdms(3, 17, 9), spearman(1001), lda(8, 6, 21));
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

  /** A trial of each condition in each session, at one time. */
  private static Contest lda(int conditions, int sessions, int channels) {
    return Contest.of(
            "rdm lda",
            "%d conditions in %d sessions, %d channels".formatted(conditions, sessions, channels),
            Amount.items(conditions * (conditions - 1) / 2.0, "pairs", 0),
            1e-6,
            Map.of(
                Provider.ATTUNE, threads -> ourLda(conditions, sessions, channels, threads),
                Provider.NUMPY,
                    threads ->
                        Python.on(
                            threads,
                            "lda",
                            List.of(patterns(conditions, sessions, channels)),
                            List.of(new int[] {conditions, sessions, channels}))))
        .paced(Contest.Pace.LONG);
  }

  private static Contestant ourLda(int conditions, int sessions, int channels, int threads) {
    int count = conditions * sessions;
    int[] starts = new int[conditions + 1];
    List<String> names = new ArrayList<>();
    for (int c = 0; c < conditions; c++) {
      names.add("condition " + c);
      starts[c + 1] = starts[c] + sessions;
    }
    int[] session = new int[count];
    for (int trial = 0; trial < count; trial++) {
      session[trial] = trial % sessions;
    }
    Trials trials = new Trials(names, starts, session, sessions);
    double[] data = doubles(patterns(conditions, sessions, channels));
    float[] accuracies = new float[conditions * (conditions - 1) / 2];
    return new OnPool(
        threads,
        () -> {
          double[] found = new TrialRdm(trials, channels, data.clone()).lda(Shrinkage.AUTO);
          for (int i = 0; i < found.length; i++) {
            accuracies[i] = (float) found[i];
          }
        },
        accuracies);
  }

  /** Noise around a pattern of each condition, so that some trials are told apart and some not. */
  private static float[] patterns(int conditions, int sessions, int channels) {
    Values values = new Values();
    float[] own = values.normal(0.2, conditions, channels);
    float[] all = values.normal(conditions, sessions, channels);
    for (int i = 0; i < all.length; i++) {
      all[i] += own[i / (sessions * channels) * channels + i % channels];
    }
    return all;
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
