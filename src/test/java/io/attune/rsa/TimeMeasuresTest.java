package io.attune.rsa;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Courses, generalisation, bootstrap, permutation and triplets against plain loops. */
class TimeMeasuresTest {
  private static final long SEED = 7;
  private static final int N = 9;
  private static final double[] TIMES = {-20, 0, 20, 40};
  private static final List<String> NAMES = Measured.names(N);
  private static final List<String> PEOPLE = List.of("p1", "p2", "p3");

  private final Philox random = new Philox(new PhiloxKey(SEED, 0, 0));
  private final double[] truth = noise();
  private final Rdms data = data();

  private double[] noise() {
    return IntStream.range(0, N * (N - 1) / 2).mapToDouble(p -> random.nextNormal()).toArray();
  }

  /** The truth shows from 20 ms on. */
  private Rdms data() {
    double[][][] values = new double[PEOPLE.size()][TIMES.length][];
    for (double[][] person : values) {
      for (int t = 0; t < TIMES.length; t++) {
        person[t] = noise();
        for (int p = 0; p < truth.length; p++) {
          person[t][p] += TIMES[t] > 0 ? 3 * truth[p] : 0;
        }
      }
    }
    return Rdms.of(NAMES, PEOPLE, TIMES, values);
  }

  @Test
  void coursesCompareTimeByTimeAndByName() {
    List<String> shuffled = new ArrayList<>(NAMES);
    Collections.reverse(shuffled);
    Rdms model = Rdms.of("truth", Rdm.ofCondensed(NAMES, truth).select(shuffled));
    Similarity similarity = Similarity.of(model, data, Comparison.SPEARMAN);
    double[] mean = new double[TIMES.length];
    for (int p = 0; p < PEOPLE.size(); p++) {
      for (int t = 0; t < TIMES.length; t++) {
        double expected = Comparison.SPEARMAN.compare(model.rdm(0, 0), data.rdm(p, t)).value();
        assertEquals(expected, similarity.values()[0][p][t], 1e-14);
        mean[t] += expected / PEOPLE.size();
      }
    }
    assertArrayEquals(mean, similarity.mean(0), 1e-14);
    double area = 20 * (mean[1] + mean[2]) / 2 + 20 * (mean[2] + mean[3]) / 2;
    assertEquals(area, similarity.course(0).area(), 1e-12);
    assertEquals(20 * (mean[1] + mean[2]) / 2, similarity.course(0).area(0, 30), 1e-12);
    assertEquals(1, Similarity.of(data, data, Comparison.PEARSON).values()[2][2][3], 1e-15);
  }

  @Test
  void gatedTimesAreUndefinedAndLeftOut() {
    double[][][] gated = {new double[TIMES.length][]};
    for (int t = 0; t < TIMES.length; t++) {
      gated[0][t] = truth.clone();
    }
    Arrays.fill(gated[0][0], Double.NaN);
    Arrays.fill(gated[0][1], Double.NaN);
    Rdms model = Rdms.of(NAMES, List.of("m"), TIMES, gated).with(NanPolicy.ERROR);
    Similarity similarity = Similarity.of(model, data, Comparison.PEARSON);
    double[] mean = similarity.mean(0);
    assertTrue(Double.isNaN(mean[1]));
    assertEquals(20 * (mean[2] + mean[3]) / 2, similarity.course(0).area(), 1e-12);
    gated[0][2][4] = Double.NaN;
    refuses("m at 20.0 ms: NaN at (c0, c5)", () -> model.with(NanPolicy.ERROR));
    assertEquals(0, model.with(NanPolicy.ZERO).rdm(0, 2).get(0, 5));
  }

  @Test
  void mismatchesAreListed() {
    List<String> other = new ArrayList<>(NAMES);
    other.set(2, "zebra");
    Rdms model = Rdms.of("m", Rdm.ofCondensed(other, truth));
    refuses("zebra", () -> Similarity.of(model, data, Comparison.COSINE));
    refuses("c2", () -> Similarity.of(model, data, Comparison.COSINE));
    Rdms late = data.between(0, 40);
    refuses("4 times, -20.0..40.0", () -> Similarity.of(late, data, Comparison.COSINE));
    refuses("no sample", () -> data.between(41, 60));
    refuses("called alike", () -> Rdms.join(List.of(data, data)));
  }

  @Test
  void generalizationComparesEveryTimeWithEvery() {
    TimeGeneralization own = TimeGeneralization.of(data, data, Comparison.PEARSON);
    Rdms model = Rdms.join(List.of(data.between(0, 40)));
    Rdms one = Rdms.of(NAMES, List.of("m"), model.times(), new double[][][] {rows(model)});
    TimeGeneralization against = TimeGeneralization.of(one, data, Comparison.KENDALL_TAU_B);
    for (int j = 0; j < TIMES.length; j++) {
      for (int i = 0; i < TIMES.length; i++) {
        double expected = 0;
        for (int p = 0; p < 3; p++) {
          expected += Comparison.PEARSON.compare(data.rdm(p, i), data.rdm(p, j)).value() / 3;
        }
        assertEquals(expected, own.values()[i][j], 1e-14);
      }
      for (int i = 0; i < 3; i++) {
        double expected = 0;
        for (int p = 0; p < 3; p++) {
          expected += Comparison.KENDALL_TAU_B.compare(one.rdm(0, i), data.rdm(p, j)).value() / 3;
        }
        assertEquals(expected, against.values()[i][j], 1e-14);
      }
    }
    assertEquals(
        Arrays.stream(own.values()[2]).average().orElseThrow(), own.meanCurve().values()[2], 1e-15);
  }

  @Test
  void blocksOfTimesMakeNoDifference() {
    TimeGeneralization own = TimeGeneralization.of(data, data, Comparison.SPEARMAN);
    Rdms copy = Rdms.join(List.of(data));
    TimeGeneralization both = TimeGeneralization.of(copy, data, Comparison.SPEARMAN);
    for (int block = 1; block <= TIMES.length; block++) {
      assertArrayEquals(
          own.values(),
          TimeGeneralization.of(data, data, Comparison.SPEARMAN, block).values(),
          "block " + block);
      assertArrayEquals(
          both.values(),
          TimeGeneralization.of(copy, data, Comparison.SPEARMAN, block).values(),
          "block " + block);
    }
    assertArrayEquals(own.values(), both.values());
  }

  /** What comes from a source each time is what would be held. */
  @Test
  void aSourceIsAsGoodAsValues() {
    Rdms source = Rdms.of(NAMES, PEOPLE, TIMES, (label, time) -> data.at(label, time).clone());
    List<String> some = List.of("c5", "c1", "c7", "c2");
    Rdms held = data.select(some).between(0, 20);
    Rdms made = source.select(some).between(0, 20).with(NanPolicy.ERROR);
    Rdm expected = data.rdm(2, 1).select(some);
    assertArrayEquals(expected.condensed(), held.at(2, 0), 0);
    assertArrayEquals(expected.condensed(), made.at(2, 0), 0);
    Rdms model = Rdms.of("truth", Rdm.ofCondensed(NAMES, truth));
    List<Similarity> both =
        Similarity.of(List.of(model, source.between(-20, 40)), data, Comparison.SPEARMAN);
    assertArrayEquals(
        Similarity.of(model, data, Comparison.SPEARMAN).values(), both.get(0).values());
    assertArrayEquals(
        Similarity.of(data, data, Comparison.SPEARMAN).values(), both.get(1).values());
    refuses("lacks 1: zebra", () -> source.select(List.of("c1", "zebra")));
    refuses("named twice", () -> source.select(List.of("c1", "c1", "c2")));
  }

  private static double[][] rows(Rdms rdms) {
    return IntStream.range(0, rdms.steps()).mapToObj(t -> rdms.at(1, t)).toArray(double[][]::new);
  }

  @Test
  void bootstrapIsReplayableAndDrawsWhatItSays() {
    Rdms model = Rdms.of("truth", Rdm.ofCondensed(NAMES, truth));
    double[] exact = Similarity.of(model, data, Comparison.SPEARMAN).mean(0);
    for (Bootstrap.Over over : Bootstrap.Over.values()) {
      Bootstrap bootstrap = new Bootstrap(over, 60, SEED);
      Distribution drawn = bootstrap.similarity(model, data, Comparison.SPEARMAN)[0];
      Distribution again = bootstrap.similarity(model, data, Comparison.SPEARMAN)[0];
      assertArrayEquals(drawn.samples(), again.samples(), over.name());
      assertTrue(drawn.standardErrors()[3] > 0, over.name());
      double[] low = drawn.quantiles(0.005);
      double[] high = drawn.quantiles(0.995);
      assertTrue(low[3] < exact[3] && exact[3] < high[3], over.name());
    }
    Bootstrap conditions = new Bootstrap(Bootstrap.Over.CONDITIONS, 5, SEED);
    double[][] samples = conditions.similarity(model, data, Comparison.PEARSON)[0].samples();
    for (int i = 0; i < samples.length; i++) {
      assertEquals(resampled(conditions.conditions(i, N), 2), samples[i][2], 1e-14);
    }
  }

  /** The mean Pearson over participants at a time, with pairs of copies dropped, by hand. */
  private double resampled(int[] drawn, int time) {
    double sum = 0;
    Rdm exact = Rdm.ofCondensed(NAMES, truth);
    for (int person = 0; person < 3; person++) {
      List<double[]> pairs = new ArrayList<>();
      for (int i = 0; i < N; i++) {
        for (int j = i + 1; j < N; j++) {
          if (drawn[i] != drawn[j]) {
            pairs.add(
                new double[] {
                  exact.get(drawn[i], drawn[j]), data.rdm(person, time).get(drawn[i], drawn[j])
                });
          }
        }
      }
      double[] x = pairs.stream().mapToDouble(pair -> pair[0]).toArray();
      double[] y = pairs.stream().mapToDouble(pair -> pair[1]).toArray();
      sum += Comparison.PEARSON.correlate(x, y).value() / 3;
    }
    return sum;
  }

  /** Copies of a participant leave together: two people, whatever their copies, see each other. */
  @Test
  void ceilingOfDrawnParticipantsLeavesAllCopiesOut() {
    Sampling everything = Sampling.everything(data);
    Sampling drawn = everything.ofParticipants(new int[] {0, 2, 0});
    double[][] bounds = NoiseCeiling.bounds(drawn, data, Comparison.PEARSON, Pooling.MEAN, 3);
    double between = Comparison.PEARSON.compare(data.rdm(0, 3), data.rdm(2, 3)).value();
    assertEquals(between, bounds[0][0], 1e-14);
    assertEquals(between, bounds[0][2], 1e-14);
    assertTrue(Double.isNaN(bounds[0][1]));
    double[] pooled = new double[truth.length];
    Arrays.setAll(pooled, p -> (2 * data.at(0, 3)[p] + data.at(2, 3)[p]) / 3);
    assertEquals(Comparison.PEARSON.correlate(pooled, data.at(0, 3)).value(), bounds[1][0], 1e-14);
    Distribution[] ceiling =
        new Bootstrap(Bootstrap.Over.BOTH, 30, SEED)
            .ceiling(data, Comparison.SPEARMAN, Pooling.MATCHED);
    assertTrue(ceiling[0].quantiles(0.5)[3] < ceiling[1].quantiles(0.5)[3]);
  }

  @Test
  void permutationFindsThePlantedTimesOnly() {
    Rdms model = Rdms.of("truth", Rdm.ofCondensed(NAMES, truth));
    Permutation permutation = new Permutation(199, SEED);
    double[] p = permutation.test(model, data, Comparison.SPEARMAN)[0];
    assertArrayEquals(p, permutation.test(model, data, Comparison.SPEARMAN)[0]);
    assertTrue(p[0] > 0.05 && p[1] > 0.05, Arrays.toString(p) + " seed " + SEED);
    assertTrue(p[2] <= 0.01 && p[3] <= 0.01, Arrays.toString(p) + " seed " + SEED);
    assertNotEquals(
        p[0], new Permutation(199, SEED + 1).test(model, data, Comparison.SPEARMAN)[0][0]);
  }

  @Test
  void permutationAgreesWithCounting() {
    Rdm exact = Rdm.ofCondensed(NAMES, truth);
    Permutation permutation = new Permutation(50, SEED);
    for (Comparison comparison : Comparison.values()) {
      double observed = Similarity.of(Rdms.of("t", exact), data, comparison).mean(0)[0];
      int count = 1;
      for (int i = 0; i < 50; i++) {
        int[] order = permutation.order(i, N);
        Rdm moved =
            Rdm.ofCondensed(
                NAMES,
                exact.select(Arrays.stream(order).mapToObj(NAMES::get).toList()).condensed());
        double value = 0;
        for (int person = 0; person < 3; person++) {
          value += comparison.compare(moved, data.rdm(person, 0)).value() / 3;
        }
        count += value >= observed ? 1 : 0;
      }
      double p = permutation.test(Rdms.of("t", exact), data, comparison)[0][0];
      assertEquals(count / 51.0, p, 1e-15, comparison.label());
    }
  }

  /** Where a pair is missing, shuffled models are ranked anew over those left. */
  @Test
  void permutationPassesOverGaps() {
    double[][][] gaps = new double[2][2][];
    for (int label = 0; label < 2; label++) {
      gaps[label][0] = data.at(label, 0).clone();
      gaps[label][1] = data.at(label, 3).clone();
    }
    gaps[1][0][4] = Double.NaN;
    Rdms people = Rdms.of(NAMES, List.of("a", "b"), new double[] {0, 5}, gaps);
    double[][] own = {gaps[0][0], gaps[0][1].clone()};
    Arrays.fill(own[1], Double.NaN);
    Rdms model = Rdms.of(NAMES, List.of("m"), new double[] {0, 5}, new double[][][] {own});
    countedByHand(model, people);
    double[][][] whole = {{gaps[0][0], gaps[0][1]}, {gaps[0][1], gaps[1][1]}};
    own[0] = gaps[1][0];
    countedByHand(model, Rdms.of(NAMES, List.of("a", "b"), new double[] {0, 5}, whole));
  }

  /** At time 0; at time 1 the model is undefined. */
  private static void countedByHand(Rdms model, Rdms people) {
    Permutation permutation = new Permutation(40, SEED);
    double observed = Similarity.of(model, people, Comparison.SPEARMAN).mean(0)[0];
    int count = 1;
    for (int i = 0; i < 40; i++) {
      List<String> order = Arrays.stream(permutation.order(i, N)).mapToObj(NAMES::get).toList();
      Rdm moved = Rdm.ofCondensed(NAMES, model.rdm(0, 0).select(order).condensed());
      double value = 0;
      for (int person = 0; person < 2; person++) {
        value +=
            Comparison.SPEARMAN.compare(moved, people.rdm(person, 0), NanPolicy.DROP).value() / 2;
      }
      count += value >= observed ? 1 : 0;
    }
    double[] p = permutation.test(model, people, Comparison.SPEARMAN)[0];
    assertEquals(count / 41.0, p[0], 1e-15);
    assertTrue(Double.isNaN(p[1]));
  }

  @Test
  void oddOneOutIsCounted() {
    double[][] features = {{1, 0}, {2, 0}, {0, 1}, {0, 3}, {1, 1}};
    int[][] triplets = {{0, 1, 2}, {2, 3, 0}, {0, 2, 1}, {0, 2, 4}, {3, 4, 0}};
    List<String> names = Measured.names(5);
    // dot: right, right, wrong; (0,2) 0 against 1: wrong; (3,4) 3 against 0 and 1: right
    OddOneOut dot =
        OddOneOut.of(names, features, triplets, OddOneOut.Measure.DOT, OddOneOut.THINGS_CEILING);
    assertEquals(3.0 / 5, dot.accuracy(), 1e-15);
    assertEquals((0.6 - 1 / 3.0) / (0.6767 - 1 / 3.0), dot.score(), 1e-14);
    // cosine: (3,4) and (4,0) tie: half
    OddOneOut cosine = OddOneOut.of(names, features, triplets, OddOneOut.Measure.COSINE, 1);
    assertEquals(2.5 / 5, cosine.accuracy(), 1e-15);
    Rdm rdm = Rdm.ofFeatures(names, features, Dissimilarity.COSINE);
    assertEquals(cosine, OddOneOut.of(rdm, triplets, 1));
    refuses(
        "triplet 2: expected indices 0..4",
        () -> OddOneOut.of(rdm, new int[][] {{0, 1, 2}, {0, 1, 5}}, 1));
    refuses("not three things", () -> OddOneOut.of(rdm, new int[][] {{0, 1, 0}}, 1));
    refuses("ceiling", () -> OddOneOut.of(rdm, triplets, 0.3));
  }

  private static void refuses(String part, Runnable action) {
    String message = assertThrows(InputException.class, action::run).getMessage();
    assertTrue(message.contains(part), message);
  }
}
