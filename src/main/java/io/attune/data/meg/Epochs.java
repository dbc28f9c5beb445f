package io.attune.data.meg;

import io.attune.InputException;
import io.attune.format.Hdf5;
import io.attune.format.Npy;
import io.attune.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Epochs of one person, [trials, channels, samples], in a file that need not fit memory. Safe for
 * use by several threads.
 */
public final class Epochs implements AutoCloseable {
  private static final String NAME = "epochs";
  private static final int LEAST_BAND = 16;

  private final Path file;
  private final Npy npy;
  private final Hdf5 hdf5;
  private final String dataset;
  private final Shape shape;

  private Epochs(Path file, Npy npy, Hdf5 hdf5, String dataset, Shape shape) {
    this.file = file;
    this.npy = npy;
    this.hdf5 = hdf5;
    this.dataset = dataset;
    this.shape = shape;
  }

  /**
   * Opens HDF5 or {@code .npy}, told apart by content.
   *
   * @param dataset path of an HDF5 dataset; null takes {@code epochs}, or the only one of three
   *     axes
   * @throws InputException if the file is neither, or holds no such array
   */
  public static Epochs open(Path file, String dataset) {
    if (!Files.isRegularFile(file)) {
      throw new InputException(
          "%s: %s".formatted(file, Files.exists(file) ? "not a file" : "no such file"));
    }
    if (Hdf5.isHdf5(file)) {
      return openHdf5(file, dataset);
    }
    if (dataset != null) {
      throw new InputException(
          "%s: not an HDF5 file, so it has no dataset %s".formatted(file, dataset));
    }
    Npy npy = Npy.open(file);
    try {
      requireShape(file.toString(), npy.shape());
      if (!npy.dtype().isFloating()) {
        throw new InputException(
            "%s: holds %s, expected float32 or float64".formatted(file, npy.dtype()));
      }
      if (npy.isFortranOrder()) {
        throw new InputException(
            "%s: is in Fortran order; save numpy.ascontiguousarray of it".formatted(file));
      }
      return new Epochs(file, npy, null, "", npy.shape());
    } catch (RuntimeException e) {
      npy.close();
      throw e;
    }
  }

  private static Epochs openHdf5(Path file, String dataset) {
    Hdf5 hdf5 = Hdf5.open(file);
    try {
      String name = dataset == null ? choose(file, hdf5) : dataset;
      requireShape("%s: dataset %s".formatted(file, name), hdf5.shape(name));
      return new Epochs(file, null, hdf5, name, hdf5.shape(name));
    } catch (RuntimeException e) {
      hdf5.close();
      throw e;
    }
  }

  private static String choose(Path file, Hdf5 hdf5) {
    if (hdf5.datasets().contains(NAME)) {
      return NAME;
    }
    List<String> fitting =
        hdf5.datasets().stream().filter(name -> hdf5.shape(name).rank() == 3).toList();
    if (fitting.size() != 1) {
      throw new InputException(
          "%s: expected one dataset of (trials, channels, samples), found %s among %s; name it with --dataset"
              .formatted(file, fitting, hdf5.datasets()));
    }
    return fitting.getFirst();
  }

  private static void requireShape(String where, Shape shape) {
    if (shape.rank() != 3 || shape.size() == 0 || shape.dims()[0] > Integer.MAX_VALUE) {
      throw new InputException(
          "%s: shape %s, expected (trials, channels, samples)".formatted(where, shape));
    }
  }

  /** Where they lie. */
  public Path file() {
    return file;
  }

  /** [trials, channels, samples]. */
  public Shape shape() {
    return shape;
  }

  public int trials() {
    return shape.dim(0);
  }

  public int channels() {
    return shape.dim(1);
  }

  public int samples() {
    return shape.dim(2);
  }

  /** The HDF5 file they are in, whose other datasets may label them; null for {@code .npy}. */
  Hdf5 hdf5() {
    return hdf5;
  }

  /** How many trials are best read together: those of whole chunks. */
  int band() {
    if (hdf5 == null) {
      return LEAST_BAND;
    }
    int chunk = hdf5.chunks(dataset).map(chunks -> chunks[0]).orElse(1);
    return (LEAST_BAND + chunk - 1) / chunk * chunk;
  }

  /**
   * Reads some samples of some trials.
   *
   * @return [trials, channels, samples]
   * @throws InputException if the file cannot be read or a value is not finite
   */
  double[] read(int trial, int trials, int sample, int samples) {
    double[] values;
    if (hdf5 != null) {
      values =
          hdf5.readDoubles(
              dataset, new long[] {trial, 0, sample}, new int[] {trials, channels(), samples});
    } else {
      values = new double[Math.toIntExact((long) trials * channels() * samples)];
      for (int row = 0; row < trials * channels(); row++) {
        long from = ((long) trial * channels() + row) * samples() + sample;
        npy.readRun(from, samples, values, row * samples);
      }
    }
    for (int i = 0; i < values.length; i++) {
      if (!Double.isFinite(values[i])) {
        throw new InputException(
            "%s: trial %d, channel %d, sample %d (from 0) is %s; leave the trial or channel out in the export"
                .formatted(
                    file,
                    trial + i / (channels() * samples),
                    i / samples % channels(),
                    sample + i % samples,
                    values[i]));
      }
    }
    return values;
  }

  @Override
  public void close() {
    if (npy != null) {
      npy.close();
    } else {
      hdf5.close();
    }
  }
}
