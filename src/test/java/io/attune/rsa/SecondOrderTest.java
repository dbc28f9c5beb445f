package io.attune.rsa;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Four people between two extremes, each further from the first. */
class SecondOrderTest {
  private static final long SEED = 7;
  private static final int CONDITIONS = 14;
  private static final double[] TIMES = {0, 20, 40};
  private static final double[] PLACES = {0, 0.15, 0.4, 1};

  private final Philox random = new Philox(new PhiloxKey(SEED, 1, 0));

  @Test
  void modelsThatDifferAsPeopleDo() {
    double[][][] extremes = {draw(), draw()};
    Rdms people = people(extremes, 0.02);
    SecondOrder found = SecondOrder.of(people(extremes, 0.02), people, 300, SEED);
    double same =
        Comparison.SPEARMAN
            .compare(LabelRdm.of(people(extremes, 0)), LabelRdm.of(people), NanPolicy.ERROR)
            .value();
    assertEquals(same, found.spearman(), 1e-12, "seed " + SEED);
    assertTrue(found.spearman() > 0.9, found.toString());
    assertTrue(found.p() < 0.05, found.toString());
    assertEquals(found, SecondOrder.of(people(extremes, 0.02), people, 300, SEED), "repeatable");
  }

  @Test
  void modelsOfOtherImagesAreNotIndividual() {
    double[][][] extremes = {draw(), draw()};
    List<Rdms> strangers = new ArrayList<>();
    for (int p = 0; p < PLACES.length; p++) {
      strangers.add(one(p, draw()));
    }
    double p = SecondOrder.of(Rdms.join(strangers), people(extremes, 0.02), 300, SEED).p();
    assertTrue(p > 0.05 && p <= 1, "p " + p + ", seed " + SEED);
  }

  private double[][] draw() {
    double[][] steps = new double[TIMES.length][Rdm.pairs(CONDITIONS)];
    for (double[] step : steps) {
      for (int i = 0; i < step.length; i++) {
        step[i] = random.nextFloat();
      }
    }
    return steps;
  }

  /** Noise is drawn anew for each person by a rule, so that equal calls give equal people. */
  private Rdms people(double[][][] extremes, double noise) {
    List<Rdms> all = new ArrayList<>();
    for (int p = 0; p < PLACES.length; p++) {
      Philox own = new Philox(new PhiloxKey(SEED, 2, p));
      double[][] steps = new double[TIMES.length][Rdm.pairs(CONDITIONS)];
      for (int t = 0; t < steps.length; t++) {
        for (int i = 0; i < steps[t].length; i++) {
          steps[t][i] =
              (1 - PLACES[p]) * extremes[0][t][i]
                  + PLACES[p] * extremes[1][t][i]
                  + noise * own.nextFloat();
        }
      }
      all.add(one(p, steps));
    }
    return Rdms.join(all);
  }

  private static Rdms one(int person, double[][] steps) {
    List<String> names = IntStream.range(0, CONDITIONS).mapToObj(i -> "c" + i).toList();
    return Rdms.of(names, List.of("p" + person), TIMES, new double[][][] {steps});
  }
}
