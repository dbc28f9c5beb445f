package io.attune.data.meg;

import io.attune.InputException;
import io.attune.format.Npy;
import io.attune.rsa.Rdm;
import io.attune.rsa.Rdms;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * MEG dissimilarities over time, condensed and mapped: {@code TARGET.npy}, float32 [T, n (n - 1) /
 * 2], upper triangles row by row, and {@code TARGET.npy.json}, which tells what they are. Takes no
 * heap; safe for use by several threads.
 */
public final class MegTarget implements AutoCloseable {
  private final Path file;
  private final MegTargetHeader header;
  private final TimeAxis axis;
  private final Npy npy;
  private final Map<String, Integer> places;

  private MegTarget(Path file, MegTargetHeader header, Npy npy) {
    this.file = file;
    this.header = header;
    this.axis = header.time().axis();
    this.npy = npy;
    this.places = new HashMap<>();
    for (int i = 0; i < header.names().size(); i++) {
      if (places.put(header.names().get(i), i) != null) {
        throw new InputException(
            "%s: condition %s is named twice"
                .formatted(MegTargetHeader.beside(file), header.names().get(i)));
      }
    }
  }

  /**
   * Maps what {@code attune data meg-condense} wrote. Sizes are checked; {@link #verify} checks
   * every byte.
   *
   * @throws InputException if a file is missing, cut short, or does not fit the other
   */
  public static MegTarget open(Path file) {
    MegTargetHeader header = MegTargetHeader.read(MegTargetHeader.beside(file));
    Npy npy = Npy.open(file);
    try {
      Shape expected = Shape.of(header.time().count(), MegSlices.pairs(header.conditions()));
      if (npy.dtype() != DType.F32 || !npy.shape().equals(expected) || npy.isFortranOrder()) {
        throw new InputException(
            "%s: holds %s %s, but %s tells of F32 %s; condense again"
                .formatted(
                    file,
                    npy.dtype(),
                    npy.shape(),
                    MegTargetHeader.beside(file).getFileName(),
                    expected));
      }
      return new MegTarget(file, header, npy);
    } catch (RuntimeException e) {
      npy.close();
      throw e;
    }
  }

  /** Where it lies. */
  public Path file() {
    return file;
  }

  /** All that is told of it. */
  public MegTargetHeader header() {
    return header;
  }

  /** When its RDMs are of. */
  public TimeAxis axis() {
    return axis;
  }

  /** Number of times, T. */
  public int times() {
    return axis.count();
  }

  /** Number of conditions, n. */
  public int conditions() {
    return header.conditions();
  }

  /** Names of the conditions in row order; empty if they were not given. */
  public List<String> names() {
    return header.names();
  }

  /** Richness, generalisation and noise level at each time; copies. */
  public TimeCourses courses() {
    return new TimeCourses(header.alpha().clone(), header.beta().clone(), header.nu().clone());
  }

  /**
   * Rows of named conditions.
   *
   * @throws InputException if the target has no names, or lacks some of these: the message lists
   *     them
   */
  public int[] rows(List<String> names) {
    if (places.isEmpty()) {
      throw new InputException(
          "%s: its conditions have no names; condense again with --things or --names"
              .formatted(file));
    }
    List<String> unknown = new ArrayList<>();
    for (String name : names) {
      if (!places.containsKey(name)) {
        unknown.add(name);
      }
    }
    if (!unknown.isEmpty()) {
      throw new InputException(
          "%s: no MEG dissimilarities of %d of %d conditions: %s"
              .formatted(file, unknown.size(), names.size(), String.join(", ", unknown)));
    }
    return names.stream().mapToInt(places::get).toArray();
  }

  /**
   * Dissimilarities between some conditions at all times.
   *
   * @param rows B different rows, in any order
   * @param into takes [T, B (B - 1) / 2], upper triangles row by row in the order of {@code rows}
   */
  public void pairs(int[] rows, float[] into) {
    int[] offsets = offsets(rows);
    if (into.length != (long) times() * offsets.length) {
      throw new IllegalArgumentException(
          "dissimilarities of %d conditions at %d times: expected room for %d, found %d"
              .formatted(rows.length, times(), (long) times() * offsets.length, into.length));
    }
    long all = npy.shape().dim(1);
    IntStream times = IntStream.range(0, times());
    (into.length > 1 << 15 ? times.parallel() : times)
        .forEach(t -> npy.readAt(t * all, offsets, into, t * offsets.length));
  }

  /** As {@link #pairs(int[], float[])}, in a new array. */
  public float[] pairs(int[] rows) {
    float[] into = new float[Math.toIntExact((long) times() * MegSlices.pairs(rows.length))];
    pairs(rows, into);
    return into;
  }

  /**
   * Dissimilarities between some conditions at one time.
   *
   * @return B (B - 1) / 2 values, upper triangle row by row in the order of {@code rows}
   */
  public float[] pairs(int time, int[] rows) {
    int[] offsets = offsets(rows);
    float[] into = new float[offsets.length];
    npy.readAt((long) Objects.checkIndex(time, times()) * npy.shape().dim(1), offsets, into, 0);
    return into;
  }

  /**
   * The RDM of named conditions at one time.
   *
   * @throws InputException as {@link #rows} does
   */
  public Rdm rdm(int time, List<String> names) {
    float[] values = pairs(time, rows(names));
    return Rdm.ofCondensed(
        names, IntStream.range(0, values.length).mapToDouble(p -> values[p]).toArray());
  }

  /**
   * RDMs of named conditions at some times, read each time they are used: the target must stay
   * open.
   *
   * @param label what they are called
   * @param timesMs ascending, each the time of a sample
   * @throws InputException as {@link #rows} does, or if there is no sample at a time
   */
  public Rdms rdms(String label, List<String> names, double[] timesMs) {
    int[] offsets = offsets(rows(names));
    int[] samples = Arrays.stream(timesMs).mapToInt(axis::indexOf).toArray();
    return Rdms.of(names, List.of(label), timesMs, (only, time) -> widened(samples[time], offsets));
  }

  private double[] widened(int time, int[] offsets) {
    float[] values = new float[offsets.length];
    npy.readAt((long) time * npy.shape().dim(1), offsets, values, 0);
    double[] wide = new double[values.length];
    for (int p = 0; p < wide.length; p++) {
      wide[p] = values[p];
    }
    return wide;
  }

  /**
   * Asserts that every byte is the one that was written.
   *
   * @throws InputException if the checksum differs
   */
  public void verify() {
    String found = Sha256.of(file, bytes -> {});
    if (!found.equals(header.sha256())) {
      throw new InputException(
          "%s: its SHA-256 is %s, %s tells of %s: it was changed or damaged; condense again"
              .formatted(file, found, MegTargetHeader.beside(file).getFileName(), header.sha256()));
    }
  }

  /** Unmaps the file. */
  @Override
  public void close() {
    npy.close();
  }

  private int[] offsets(int[] rows) {
    int n = conditions();
    boolean[] seen = new boolean[n];
    for (int row : rows) {
      if (seen[Objects.checkIndex(row, n)]) {
        throw new IllegalArgumentException(
            "row %d twice in %s".formatted(row, Arrays.toString(rows)));
      }
      seen[row] = true;
    }
    int[] offsets = new int[MegSlices.pairs(rows.length)];
    for (int a = 0, p = 0; a < rows.length; a++) {
      for (int b = a + 1; b < rows.length; b++, p++) {
        offsets[p] = MegSlices.place(Math.min(rows[a], rows[b]), Math.max(rows[a], rows[b]), n);
      }
    }
    return offsets;
  }
}
