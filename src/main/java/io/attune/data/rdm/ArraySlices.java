package io.attune.data.rdm;

import io.attune.format.Hdf5;
import io.attune.format.Npy;
import io.attune.tensor.Shape;
import java.util.Arrays;

/**
 * Slices of an array along its first axes, so that it need not fit the heap. Safe for use by
 * several threads.
 */
interface ArraySlices extends AutoCloseable {
  /**
   * One slice.
   *
   * @param axes how many first axes it has an index for; 0 for the whole array
   * @param index over those axes, row-major
   * @return its elements, row-major, in an array of the caller's own
   * @throws io.attune.InputException if the file cannot be read, or the slice is more than an array
   *     holds
   */
  double[] slice(int axes, long index);

  @Override
  void close();

  /** Of an array that is held. */
  static ArraySlices of(Shape shape, double[] values) {
    return new ArraySlices() {
      @Override
      public double[] slice(int axes, long index) {
        if (axes == 0) {
          return values.clone();
        }
        int each = Math.toIntExact(size(shape, axes));
        int from = Math.toIntExact(index * each);
        return Arrays.copyOfRange(values, from, from + each);
      }

      @Override
      public void close() {}
    };
  }

  /** Of a mapped file of floating numbers in row-major order, taken over. */
  static ArraySlices of(Npy npy) {
    return new ArraySlices() {
      @Override
      public double[] slice(int axes, long index) {
        if (axes == 0) {
          return npy.readDoubles();
        }
        double[] values = new double[Math.toIntExact(size(npy.shape(), axes))];
        npy.readRun(index * values.length, values.length, values, 0);
        return values;
      }

      @Override
      public void close() {
        npy.close();
      }
    };
  }

  /** Of a dataset of a file, taken over; chunks that span several slices are unpacked for each. */
  static ArraySlices of(Hdf5 hdf5, String dataset) {
    Shape shape = hdf5.shape(dataset);
    return new ArraySlices() {
      @Override
      public double[] slice(int axes, long index) {
        if (axes == 0) {
          return hdf5.readDoubles(dataset);
        }
        int[] counts = Arrays.stream(shape.dims()).mapToInt(Math::toIntExact).toArray();
        long[] from = new long[counts.length];
        long rest = index;
        for (int axis = axes - 1; axis >= 0; axis--) {
          from[axis] = rest % counts[axis];
          rest /= counts[axis];
          counts[axis] = 1;
        }
        return hdf5.readDoubles(dataset, from, counts);
      }

      @Override
      public void close() {
        hdf5.close();
      }
    };
  }

  private static long size(Shape shape, int axes) {
    long size = 1;
    for (int axis = axes; axis < shape.rank(); axis++) {
      size *= shape.dim(axis);
    }
    return size;
  }
}
