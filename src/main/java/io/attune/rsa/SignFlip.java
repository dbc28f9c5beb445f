package io.attune.rsa;

import io.attune.InputException;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import java.util.stream.IntStream;

/**
 * Tests whether participants' similarities are above 0 on average, as a sample of people: were they
 * not, each person's course might as well have the other sign. The signs of whole courses are
 * flipped, and the mean is computed anew (Nichols and Holmes, "Nonparametric permutation tests for
 * functional neuroimaging", 2002). p = flips with at least so large a mean, the true signs among
 * them, over all; one-sided. Where there are no more than {@code flips} choices of signs all are
 * taken and p is exact; else choice i depends on the seed and i alone.
 *
 * <p>With n participants p is at least 1 / 2^n: fewer than 5 cannot reach 0.05.
 *
 * @param flips how many choices of signs at most
 * @param seed of the choices
 */
public record SignFlip(int flips, long seed) {
  private static final int STREAM = 0x52534104;
  private static final double TIE = 1e-12;
  private static final int MOST_EXACT = 30;

  /**
   * @throws InputException if flips is below 1
   */
  public SignFlip {
    if (flips < 1) {
      throw new InputException("sign flips: expected at least 1, found " + flips);
    }
  }

  /**
   * The p-value of each time, not corrected; see {@link FalseDiscovery}.
   *
   * @param values [participants][times], such as similarities; NaN leaves a participant out at that
   *     time; not modified
   * @return NaN where fewer than 2 participants are defined
   */
  public double[] test(double[][] values) {
    int people = values.length;
    boolean exact = people <= MOST_EXACT && 1L << people <= flips;
    int choices = exact ? 1 << people : flips;
    boolean[][] signs = new boolean[choices][];
    for (int i = 0; i < choices; i++) {
      signs[i] = exact ? bits(i, people) : drawn(i, people);
    }
    return IntStream.range(0, values[0].length)
        .parallel()
        .mapToDouble(t -> p(values, t, signs, exact))
        .toArray();
  }

  private static double p(double[][] values, int time, boolean[][] signs, boolean exact) {
    double observed = 0;
    double largest = 0;
    int defined = 0;
    for (double[] person : values) {
      if (!Double.isNaN(person[time])) {
        observed += person[time];
        largest = Math.max(largest, Math.abs(person[time]));
        defined++;
      }
    }
    if (defined < 2) {
      return Double.NaN;
    }
    // Rounding of a sum in another order must not break a tie with the true signs.
    double atLeast = observed - TIE * defined * largest;
    int count = exact ? 0 : 1;
    for (boolean[] flipped : signs) {
      double sum = 0;
      for (int p = 0; p < flipped.length; p++) {
        double value = values[p][time];
        if (!Double.isNaN(value)) {
          sum += flipped[p] ? -value : value;
        }
      }
      count += sum >= atLeast ? 1 : 0;
    }
    return count / (double) (signs.length + (exact ? 0 : 1));
  }

  private static boolean[] bits(int choice, int people) {
    boolean[] flipped = new boolean[people];
    for (int p = 0; p < people; p++) {
      flipped[p] = (choice >> p & 1) == 1;
    }
    return flipped;
  }

  private boolean[] drawn(int choice, int people) {
    Philox random = new Philox(new PhiloxKey(seed, STREAM, choice));
    boolean[] flipped = new boolean[people];
    for (int p = 0; p < people; p++) {
      flipped[p] = random.nextInt(2) == 1;
    }
    return flipped;
  }
}
