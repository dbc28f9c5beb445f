package io.attune.train;

import io.attune.device.Device;
import io.attune.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/**
 * Features before training of runs that differ in nothing but their targets, as participants' do:
 * the first run that asks computes them, the others wait and take a copy of the same bits. Safe for
 * use by several threads.
 */
final class SharedFeatures {
  private final Map<List<String>, float[]> known = new HashMap<>();

  /**
   * Fills a cache.
   *
   * @param images names in the order of the cache's rows
   * @param into [L N, K]
   * @param compute fills {@code into}; false if it was asked to stop before the end
   * @return whether the cache is filled
   */
  synchronized boolean fill(
      List<String> images, Device device, Tensor into, BooleanSupplier compute) {
    float[] values = known.get(images);
    if (values != null) {
      device.write(into, values, 0);
      return true;
    }
    if (!compute.getAsBoolean()) {
      return false;
    }
    known.put(List.copyOf(images), device.toArray(into));
    return true;
  }
}
