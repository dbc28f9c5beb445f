package io.attune.data.meg;

import io.attune.InputException;
import io.attune.format.Hdf5;
import io.attune.tensor.Shape;
import java.nio.file.Path;
import java.util.List;

/** RDMs of a dataset of an HDF5 file, read by whole chunks. */
final class Hdf5MegArray implements MegArray {
  /** What the published files call it. */
  private static final String PUBLISHED = "mat";

  private final Path file;
  private final Hdf5 hdf5;
  private final String dataset;
  private final Shape shape;
  private final Block block;

  private Hdf5MegArray(Path file, Hdf5 hdf5, String dataset) {
    this.file = file;
    this.hdf5 = hdf5;
    this.dataset = dataset;
    this.shape = hdf5.shape(dataset);
    int[] chunks = hdf5.chunks(dataset).orElse(null);
    if (chunks == null) {
      block = new Block(1, 1, 1);
    } else {
      int rank = chunks.length;
      block = new Block(rank == 4 ? chunks[0] : 1, chunks[rank - 3], chunks[rank - 2]);
    }
  }

  static Hdf5MegArray open(Path file, String dataset) {
    Hdf5 hdf5 = Hdf5.open(file);
    try {
      String name = dataset == null ? choose(file, hdf5) : dataset;
      MegArray.requireShape("%s: dataset %s".formatted(file, name), hdf5.shape(name));
      return new Hdf5MegArray(file, hdf5, name);
    } catch (RuntimeException e) {
      hdf5.close();
      throw e;
    }
  }

  private static String choose(Path file, Hdf5 hdf5) {
    if (hdf5.datasets().contains(PUBLISHED)) {
      return PUBLISHED;
    }
    List<String> fitting =
        hdf5.datasets().stream().filter(name -> MegArray.fits(hdf5.shape(name))).toList();
    if (fitting.size() != 1) {
      throw new InputException(
          "%s: expected one dataset of (participant, time, n, n), found %s among %s; name it"
              .formatted(file, fitting, hdf5.datasets()));
    }
    return fitting.getFirst();
  }

  @Override
  public Path file() {
    return file;
  }

  @Override
  public String dataset() {
    return dataset;
  }

  @Override
  public Shape shape() {
    return shape;
  }

  @Override
  public Block block() {
    return block;
  }

  @Override
  public double[] rows(int participant, int participants, int time, int times, int row, int rows) {
    int n = conditions();
    return shape.rank() == 4
        ? hdf5.readDoubles(
            dataset,
            new long[] {participant, time, row, 0},
            new int[] {participants, times, rows, n})
        : hdf5.readDoubles(dataset, new long[] {time, row, 0}, new int[] {times, rows, n});
  }

  @Override
  public void close() {
    hdf5.close();
  }
}
