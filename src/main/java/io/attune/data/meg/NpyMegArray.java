package io.attune.data.meg;

import io.attune.InputException;
import io.attune.format.Npy;
import io.attune.tensor.Shape;
import java.nio.file.Path;

/** RDMs of a mapped {@code .npy} file of floating numbers in row-major order. */
final class NpyMegArray implements MegArray {
  private final Path file;
  private final Npy npy;

  private NpyMegArray(Path file, Npy npy) {
    this.file = file;
    this.npy = npy;
  }

  static NpyMegArray open(Path file) {
    Npy npy = Npy.open(file);
    try {
      MegArray.requireShape(file.toString(), npy.shape());
      if (!npy.dtype().isFloating()) {
        throw new InputException(
            "%s: holds %s, expected float32 or float64".formatted(file, npy.dtype()));
      }
      if (npy.isFortranOrder()) {
        throw new InputException(
            "%s: is in Fortran order; save numpy.ascontiguousarray of it, so that one time's RDM is one run of the file"
                .formatted(file));
      }
      return new NpyMegArray(file, npy);
    } catch (RuntimeException e) {
      npy.close();
      throw e;
    }
  }

  @Override
  public Path file() {
    return file;
  }

  @Override
  public String dataset() {
    return "";
  }

  @Override
  public Shape shape() {
    return npy.shape();
  }

  @Override
  public Block block() {
    return new Block(1, 1, 1);
  }

  @Override
  public double[] rows(int participant, int participants, int time, int times, int row, int rows) {
    int n = conditions();
    int run = Math.multiplyExact(rows, n);
    double[] values = new double[Math.toIntExact((long) participants * times * run)];
    int at = 0;
    for (int p = participant; p < participant + participants; p++) {
      for (int t = time; t < time + times; t++) {
        long slice = (long) p * times() + t;
        npy.readRun((slice * n + row) * n, run, values, at);
        at += run;
      }
    }
    return values;
  }

  @Override
  public void close() {
    npy.close();
  }
}
