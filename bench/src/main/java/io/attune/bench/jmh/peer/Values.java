package io.attune.bench.jmh.peer;

import io.attune.device.Philox;
import io.attune.device.PhiloxKey;

/**
 * Random inputs, the same for all providers of a contest. Never zeros: they run faster than data.
 */
public final class Values {
  private int stream;

  /** Standard normal values. */
  public float[] normal(int... dims) {
    return normal(1, dims);
  }

  /** Normal values with this standard deviation. */
  public float[] normal(double deviation, int... dims) {
    Philox philox = new Philox(new PhiloxKey(7, stream++, 0));
    float[] values = new float[size(dims)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (deviation * philox.nextNormal());
    }
    return values;
  }

  /** Values from {@code from} to {@code to}. */
  public float[] uniform(double from, double to, int... dims) {
    Philox philox = new Philox(new PhiloxKey(7, stream++, 0));
    float[] values = new float[size(dims)];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (from + (to - from) * philox.nextFloat());
    }
    return values;
  }

  private static int size(int... dims) {
    int size = 1;
    for (int dim : dims) {
      size = Math.multiplyExact(size, dim);
    }
    return size;
  }
}
