package io.attune.cli;

import io.attune.device.Device;
import java.util.List;
import java.util.function.IntFunction;

/**
 * What the demo computes on.
 *
 * @param opened serves one run after another
 * @param threads over how many runs at once it is well divided
 * @param divided opens devices for so many runs at once; the caller closes them
 */
record DemoDevice(Device opened, int threads, IntFunction<List<Device>> divided) {
  static DemoDevice of(DeviceOption option, Device opened) {
    return new DemoDevice(
        opened, option.threads(opened), callers -> option.divided(opened, callers));
  }
}
