package io.attune.data.rdm;

import io.attune.InputException;
import io.attune.rsa.NanPolicy;
import io.attune.rsa.Rdm;
import io.attune.rsa.Rdms;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * RDMs from a file: [n, n] or condensed [n (n - 1) / 2], before it no axis, participants or times,
 * or participants and times. One axis is times if times are known or asked for, else participants.
 *
 * @param dataset of HDF5 or MATLAB files; null chooses
 * @param names file with the names of conditions, a line each, for files that have none of their
 *     own; may be null
 * @param firstMs time of the first sample
 * @param stepMs between samples; null takes 5 ms for 281 samples and 1 ms for 1,101 as published,
 *     and no time axis where one axis stands for participants or times
 */
public record RdmFile(String dataset, Path names, double firstMs, Double stepMs) {
  private static final int GROUP_SAMPLES = 281;
  private static final int INDIVIDUAL_SAMPLES = 1101;

  /** RDMs that take more bytes than this are read when they are used. */
  private static final long HELD_BYTES = 256L << 20;

  /** What stands for the name of a condition that has none; rows count from 1. */
  private static final String ROW = "row ";

  /** RDMs without times, names where the file keeps them. */
  public static RdmFile plain(String dataset, Path names) {
    return new RdmFile(dataset, names, 0, null);
  }

  /**
   * Reads a file. Without names the conditions are called {@code row 1}, {@code row 2}, ...: they
   * match those of other files without names only.
   *
   * @throws InputException if it cannot be read, holds no RDMs or an infinite dissimilarity
   */
  public Rdms read(Path file) {
    try (OpenRdms all = open(file, Long.MAX_VALUE)) {
      return all.rdms();
    }
  }

  /**
   * As {@link #read}, but of a large file RDMs are read when they are used, and what is wrong with
   * them is told then.
   */
  public OpenRdms open(Path file) {
    return open(file, HELD_BYTES);
  }

  /** As the other, with {@code heldBytes} of RDMs held at most. */
  OpenRdms open(Path file, long heldBytes) {
    ArrayFile array = ArrayFile.open(file, dataset, names);
    try {
      return OpenRdms.of(of(array, heldBytes), array);
    } catch (RuntimeException e) {
      array.close();
      throw e;
    }
  }

  private Rdms of(ArrayFile array, long heldBytes) {
    Path file = array.file();
    int[] dims = Arrays.stream(array.shape().dims()).mapToInt(Math::toIntExact).toArray();
    int rank = dims.length;
    boolean square = rank >= 2 && dims[rank - 1] == dims[rank - 2];
    int leading = rank - (square ? 2 : 1);
    int n = square ? dims[rank - 1] : conditions(rank == 0 ? 0 : dims[rank - 1]);
    if (leading < 0 || leading > 2 || n < 3 || array.shape().size() == 0) {
      throw new InputException(
          "%s: shape %s, expected RDMs [n, n] or [n (n-1)/2] of 3 conditions or more, before them at most participants and times"
              .formatted(file, array.shape()));
    }
    List<String> conditions = conditions(array, n);
    double[] times = times(array, dims, leading);
    int people = leading == 2 ? dims[0] : leading == 1 && times.length == 0 ? dims[0] : 1;
    int steps = Math.max(1, times.length);
    boolean held = (double) people * steps * n * (n - 1) / 2 * Double.BYTES <= heldBytes;
    ArraySlices slices = held ? ArraySlices.of(array.shape(), array.values()) : array.slices();
    Rdms.Source source =
        (label, time) -> {
          double[] part = slices.slice(leading, (long) label * steps + time);
          requireFinite(file, part);
          return square ? condensed(file, conditions, part) : part;
        };
    if (!held) {
      return Rdms.of(conditions, labels(file, people), times, source);
    }
    double[][][] values = new double[people][steps][];
    for (int p = 0; p < people; p++) {
      for (int t = 0; t < steps; t++) {
        values[p][t] = source.condensed(p, t);
      }
    }
    return Rdms.of(conditions, labels(file, people), times, values);
  }

  /** Whether the conditions of RDMs have no names and so are matched by row. */
  public static boolean isUnnamed(Rdms rdms) {
    return rdms.names().getFirst().equals(unnamed(0));
  }

  private static void requireFinite(Path file, double[] values) {
    for (double value : values) {
      if (Double.isInfinite(value)) {
        throw new InputException(
            file + ": holds an infinite dissimilarity; repair it or make it NaN");
      }
    }
  }

  /** What the condition of a row is called that has no name; rows count from 0 here. */
  static String unnamed(int row) {
    return ROW + (row + 1);
  }

  private static double[] condensed(Path file, List<String> names, double[] square) {
    int n = names.size();
    double[][] rows =
        IntStream.range(0, n)
            .mapToObj(i -> Arrays.copyOfRange(square, i * n, (i + 1) * n))
            .toArray(double[][]::new);
    try {
      return Rdm.ofSquare(names, rows, NanPolicy.DROP).condensed();
    } catch (InputException e) {
      throw new InputException(file + ": " + e.getMessage(), e);
    }
  }

  private static List<String> conditions(ArrayFile array, int n) {
    if (array.names().isEmpty()) {
      return IntStream.range(0, n).mapToObj(RdmFile::unnamed).toList();
    }
    if (array.names().size() != n) {
      throw new InputException(
          "%s: RDMs of %d conditions, but %d names"
              .formatted(array.file(), n, array.names().size()));
    }
    return array.names();
  }

  /** n of n (n - 1) / 2 pairs, or 0. */
  private static int conditions(int pairs) {
    int n = (int) Math.round((1 + Math.sqrt(1 + 8.0 * pairs)) / 2);
    return (long) n * (n - 1) / 2 == pairs ? n : 0;
  }

  private double[] times(ArrayFile array, int[] dims, int leading) {
    if (leading == 0) {
      return new double[0];
    }
    int count = dims[leading - 1];
    if (array.times().length == count) {
      return array.times();
    }
    Double step = stepMs;
    if (step == null && leading == 1) {
      return new double[0];
    }
    if (step == null) {
      step = count == GROUP_SAMPLES ? Double.valueOf(5) : null;
      step = count == INDIVIDUAL_SAMPLES ? Double.valueOf(1) : step;
    }
    if (step != null && !(step > 0 && Double.isFinite(step))) {
      throw new InputException("--step-ms: expected a number above 0, found " + step);
    }
    if (step == null) {
      throw new InputException(
          "%s: %d samples of unknown times: say how far they are apart with --step-ms"
              .formatted(array.file(), count));
    }
    double apart = step;
    return IntStream.range(0, count).mapToDouble(t -> firstMs + apart * t).toArray();
  }

  private static List<String> labels(Path file, int people) {
    String label = label(file);
    List<String> labels = new ArrayList<>();
    for (int p = 1; p <= people; p++) {
      labels.add(people == 1 ? label : label + " " + p);
    }
    return labels;
  }

  /** The file's name without its extension. */
  private static String label(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot > 0 ? name.substring(0, dot) : name;
  }
}
