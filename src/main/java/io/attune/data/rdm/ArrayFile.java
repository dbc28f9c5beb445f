package io.attune.data.rdm;

import io.attune.InputException;
import io.attune.data.ConceptList;
import io.attune.data.meg.MegTarget;
import io.attune.format.Hdf5;
import io.attune.format.MatFile;
import io.attune.format.Npy;
import io.attune.format.NumericArray;
import io.attune.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SortedSet;
import java.util.stream.IntStream;

/**
 * An array of numbers with the names of its conditions, from {@code .npy}, HDF5 ({@code .h5},
 * MATLAB 7.3), MATLAB Level 5 or CSV. Names come from a file given for them, from {@code
 * FILE.names.txt} beside the file, from the header of a CSV, from {@code pattern_descriptors} of
 * rsatoolbox's HDF5, or from what {@code meg-condense} wrote beside a target.
 *
 * @param file where it lies
 * @param shape its extents
 * @param slices its elements; they may be read from the file, which is open until this is closed
 * @param names of the conditions; empty if they are not known
 * @param times in ms of its second last axis, or of the axis before a square; empty if not known
 */
record ArrayFile(Path file, Shape shape, ArraySlices slices, List<String> names, double[] times)
    implements AutoCloseable {
  /** What rsatoolbox calls the array of RDMs. */
  private static final String DISSIMILARITIES = "dissimilarities";

  private static final String PATTERNS = "pattern_descriptors/";

  /**
   * Opens a file, told apart by its content and extension.
   *
   * @param dataset of HDF5, or variable of a MATLAB file; null takes rsatoolbox's, or the only one
   * @param names file with a name a line, for a file that has none of its own; may be null
   * @throws InputException if it cannot be read, or holds no numbers
   */
  static ArrayFile open(Path file, String dataset, Path names) {
    if (!Files.isRegularFile(file)) {
      throw new InputException(
          "%s: %s".formatted(file, Files.exists(file) ? "not a file" : "no such file"));
    }
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    ArrayFile array;
    if (Hdf5.isHdf5(file) || name.endsWith(".h5") || name.endsWith(".hdf5")) {
      array = hdf5(file, dataset);
    } else if (name.endsWith(".mat")) {
      array = mat(file, dataset);
    } else if (name.endsWith(".csv") || name.endsWith(".tsv") || name.endsWith(".txt")) {
      array = csv(file);
    } else {
      array = npy(file);
    }
    try {
      Path beside = file.resolveSibling(file.getFileName() + ".names.txt");
      if (Files.isRegularFile(beside)) {
        return array.named(ConceptList.read(beside));
      }
      return array.names.isEmpty() && names != null ? array.named(ConceptList.read(names)) : array;
    } catch (RuntimeException e) {
      array.close();
      throw e;
    }
  }

  @Override
  public void close() {
    slices.close();
  }

  /** The whole array, row-major. */
  double[] values() {
    return slices.slice(0, 0);
  }

  private ArrayFile named(List<String> known) {
    return new ArrayFile(file, shape, slices, known, times);
  }

  private static ArrayFile npy(Path file) {
    Npy npy = Npy.open(file);
    try {
      if (Files.isRegularFile(file.resolveSibling(file.getFileName() + ".json"))) {
        try (MegTarget target = MegTarget.open(file)) {
          double[] times =
              IntStream.range(0, target.times()).mapToDouble(t -> target.axis().ms(t)).toArray();
          return new ArrayFile(file, npy.shape(), slices(npy), target.names(), times);
        }
      }
      return new ArrayFile(file, npy.shape(), slices(npy), List.of(), new double[0]);
    } catch (RuntimeException e) {
      npy.close();
      throw e;
    }
  }

  /** Of a file, taken over; whole numbers and column-major order are held. */
  private static ArraySlices slices(Npy npy) {
    if (npy.dtype().isFloating() && !npy.isFortranOrder()) {
      return ArraySlices.of(npy);
    }
    double[] values =
        npy.dtype().isFloating()
            ? npy.readDoubles()
            : Arrays.stream(npy.readLongs()).asDoubleStream().toArray();
    npy.close();
    return ArraySlices.of(npy.shape(), values);
  }

  private static ArrayFile hdf5(Path file, String dataset) {
    Hdf5 hdf5 = Hdf5.open(file);
    try {
      SortedSet<String> all = hdf5.datasets();
      String name = dataset == null ? choose(file, all) : dataset;
      if (!all.contains(name)) {
        throw new InputException("%s: no dataset %s; it has %s".formatted(file, name, all));
      }
      List<String> names = List.of();
      for (String other : all) {
        if (other.startsWith(PATTERNS) && !other.equals(PATTERNS + "index")) {
          names = strings(hdf5, other);
        }
        if (!names.isEmpty()) {
          break;
        }
      }
      return new ArrayFile(
          file, hdf5.shape(name), ArraySlices.of(hdf5, name), names, new double[0]);
    } catch (RuntimeException e) {
      hdf5.close();
      throw e;
    }
  }

  /** Strings of a descriptor; empty where it holds something else. */
  private static List<String> strings(Hdf5 hdf5, String dataset) {
    try {
      return hdf5.readStrings(dataset);
    } catch (InputException notStrings) {
      return List.of();
    }
  }

  private static String choose(Path file, SortedSet<String> all) {
    if (all.contains(DISSIMILARITIES)) {
      return DISSIMILARITIES;
    }
    if (all.contains("mat")) {
      return "mat";
    }
    List<String> plain = all.stream().filter(name -> !name.contains("descriptors/")).toList();
    if (plain.size() != 1) {
      throw new InputException(
          "%s: expected one dataset, found %s; name it with --dataset".formatted(file, plain));
    }
    return plain.getFirst();
  }

  private static ArrayFile mat(Path file, String dataset) {
    try (MatFile mat = MatFile.open(file)) {
      if (dataset == null && mat.names().size() != 1) {
        throw new InputException(
            "%s: expected one variable, found %s; name it with --dataset"
                .formatted(file, mat.names()));
      }
      NumericArray array = mat.numbers(dataset == null ? mat.names().first() : dataset);
      return held(file, array.shape(), array.values(), List.of());
    }
  }

  private static ArrayFile csv(Path file) {
    CsvFile csv = CsvFile.read(file);
    int width = csv.rows().length == 0 ? 0 : csv.rows()[0].length;
    boolean square = csv.rows().length == width;
    List<String> names = csv.names();
    if (square && !csv.header().isEmpty()) {
      if (!names.isEmpty() && !names.equals(csv.header())) {
        throw new InputException(
            "%s: rows are named otherwise than columns; an RDM has both in one order"
                .formatted(file));
      }
      names = csv.header();
    }
    double[] values = Arrays.stream(csv.rows()).flatMapToDouble(Arrays::stream).toArray();
    return held(file, Shape.of(csv.rows().length, width), values, new ArrayList<>(names));
  }

  private static ArrayFile held(Path file, Shape shape, double[] values, List<String> names) {
    return new ArrayFile(file, shape, ArraySlices.of(shape, values), names, new double[0]);
  }
}
