package io.attune.train;

import io.attune.device.Device;

/**
 * What a run has while others train beside it.
 *
 * @param bytes of the device's memory that it may take beside its model's weights
 * @param features in common with the others
 */
record MegShare(long bytes, SharedFeatures features) {
  /** All that is free. */
  static MegShare alone(Device device) {
    return new MegShare(device.availableBytes(), new SharedFeatures());
  }
}
