package io.attune.data.meg;

import io.attune.InputException;
import io.attune.rsa.NanPolicy;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The RDMs of an array one time after another: condensed, their diagonal left out, checked, and
 * averaged over groups of samples. Safe for use by several threads.
 */
final class MegSlices {
  /** Numbers of a band of rows, 8 MiB, unless one row of chunks is more. */
  private static final int BAND = 1 << 20;

  private final MegArray array;
  private final TimeGroups groups;
  private final NanPolicy offDiagonal;
  private final AtomicLong zeroed = new AtomicLong();
  private Extremes extremes = new Extremes(0, 0);

  /** Takes one participant's RDM of one group of samples; the array is the taker's. */
  @FunctionalInterface
  interface Taker {
    void take(int participant, int group, double[] condensed);
  }

  /**
   * @param offDiagonal ERROR or ZERO
   */
  MegSlices(MegArray array, TimeGroups groups, NanPolicy offDiagonal) {
    this.array = array;
    this.groups = groups;
    this.offDiagonal = offDiagonal;
  }

  /** n (n - 1) / 2. */
  static int pairs(int n) {
    return Math.toIntExact((long) n * (n - 1) / 2);
  }

  /** Place of the pair of rows i and j, i below j, in an upper triangle taken row by row. */
  static int place(int i, int j, int n) {
    return (int) ((long) i * n - (long) i * (i + 1) / 2 + (j - i - 1));
  }

  /** NaN entries above the diagonal that were taken as 0. */
  long zeroed() {
    return zeroed.get();
  }

  /**
   * How many groups to read at once: those of a chunk, or as many as {@code bytes} hold.
   *
   * @param bytes for the numbers of one thread
   */
  int groupsAtOnce(long bytes) {
    MegArray.Block block = array.block();
    long sample = 8L * block.participants() * pairs(array.conditions());
    int wanted = groups.factor() == 1 ? block.times() : groups.count();
    return (int)
        Math.clamp(bytes / (sample * groups.factor()), 1, Math.min(wanted, groups.count()));
  }

  /**
   * Reads participants {@code first} to {@code first + count} at the groups from {@code from} to
   * before {@code to}; gives each participant's in order of time.
   *
   * @throws InputException if a value is not finite or an RDM is not symmetric: the message names
   *     the place
   */
  void read(int first, int count, int from, int to, Taker taker) {
    int start = groups.first(from);
    int samples = groups.end(to - 1) - start;
    double[][] slices = condensed(first, count, start, samples);
    for (int p = 0; p < count; p++) {
      for (int group = from; group < to; group++) {
        int at = p * samples + groups.first(group) - start;
        int size = groups.end(group) - groups.first(group);
        double[] sum = slices[at];
        for (int s = 1; s < size; s++) {
          double[] other = slices[at + s];
          for (int i = 0; i < sum.length; i++) {
            sum[i] += other[i];
          }
          slices[at + s] = null;
        }
        for (int i = 0; size > 1 && i < sum.length; i++) {
          sum[i] /= size;
        }
        slices[at] = null;
        taker.take(first + p, group, sum);
      }
    }
  }

  /**
   * As {@link #read}, of samples that belong to no group: they are checked and count for extremes.
   */
  void scan(int first, int count, int fromSample, int toSample) {
    condensed(first, count, fromSample, toSample - fromSample);
  }

  /** Smallest and largest entry, the zero diagonal included, of all samples read so far. */
  synchronized Extremes extremes() {
    return extremes;
  }

  /** Takes account of what was read before. */
  synchronized void include(Extremes earlier) {
    extremes = extremes.with(earlier);
  }

  /** A smallest and a largest value. */
  record Extremes(double min, double max) {
    Extremes with(Extremes other) {
      return new Extremes(Math.min(min, other.min), Math.max(max, other.max));
    }
  }

  private double[][] condensed(int first, int count, int start, int samples) {
    int n = array.conditions();
    int slices = count * samples;
    int chunk = array.block().rows();
    int rows = Math.max(1, BAND / Math.max(1, slices * n) / chunk) * chunk;
    double[][] condensed = new double[slices][pairs(n)];
    Asymmetry[] worst = new Asymmetry[slices];
    Arrays.fill(worst, Asymmetry.NONE);
    for (int row = 0; row < n; row += rows) {
      int height = Math.min(rows, n - row);
      double[] band = array.rows(first, count, start, samples, row, height);
      for (int s = 0; s < slices; s++) {
        for (int r = row; r < row + height; r++) {
          int at = (s * height + r - row) * n;
          if (r < n - 1) {
            System.arraycopy(band, at + r + 1, condensed[s], place(r, r + 1, n), n - r - 1);
          }
          worst[s] = worst[s].with(band, at, condensed[s], r, n);
        }
      }
    }
    for (int s = 0; s < slices; s++) {
      check(condensed[s], worst[s], first + s / samples, start + s % samples);
    }
    return condensed;
  }

  /** The largest difference between an entry below the diagonal and its mirror image. */
  private record Asymmetry(double size, int row, int column) {
    static final Asymmetry NONE = new Asymmetry(0, 0, 0);

    Asymmetry with(double[] band, int at, double[] condensed, int row, int n) {
      double largest = size;
      int column = -1;
      for (int c = 0, place = row - 1; c < row; place += n - c - 2, c++) {
        double below = band[at + c];
        double difference = Math.abs(below - condensed[place]);
        boolean oneSided = Double.isNaN(below) != Double.isNaN(condensed[place]);
        if (difference > largest || oneSided) {
          largest = oneSided ? Double.POSITIVE_INFINITY : difference;
          column = c;
        }
      }
      return column < 0 ? this : new Asymmetry(largest, row, column);
    }
  }

  private void check(double[] condensed, Asymmetry worst, int participant, int time) {
    int n = array.conditions();
    double min = 0;
    double max = 0;
    for (int i = 0, p = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++, p++) {
        double value = condensed[p];
        if (Double.isNaN(value) && offDiagonal == NanPolicy.ZERO) {
          condensed[p] = 0;
          zeroed.incrementAndGet();
        } else if (!Double.isFinite(value)) {
          throw new InputException(
              "%s is %s%s"
                  .formatted(
                      where(participant, time, i, j),
                      value,
                      Double.isNaN(value)
                          ? "; repair it, or choose --nan zero"
                          : ", expected a finite number"));
        }
        min = Math.min(min, condensed[p]);
        max = Math.max(max, condensed[p]);
      }
    }
    if (worst.size() > 1e-6 * Math.max(-min, max)) {
      throw new InputException(
          "%s is not what its mirror image is (they differ by %.3g): an RDM must be symmetric"
              .formatted(where(participant, time, worst.column(), worst.row()), worst.size()));
    }
    include(new Extremes(min, max));
  }

  private String where(int participant, int time, int row, int column) {
    return "%s%s: participant %d, time %d (from 0), row %d, column %d (from 0)"
        .formatted(
            array.file(),
            array.dataset().isEmpty() ? "" : ": dataset " + array.dataset(),
            participant + 1,
            time,
            row,
            column);
  }
}
