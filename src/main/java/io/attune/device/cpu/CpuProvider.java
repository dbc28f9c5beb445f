package io.attune.device.cpu;

import io.attune.InputException;
import io.attune.device.Device;
import io.attune.device.DeviceProvider;
import io.attune.device.DeviceUnavailableException;
import io.attune.device.Precision;
import java.util.Locale;

/** The last rung: {@code cpu} on all processors, or {@code cpu:N} on N threads. Always serves. */
public final class CpuProvider implements DeviceProvider {
  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public int rank() {
    return 100;
  }

  @Override
  public boolean automatic() {
    return true;
  }

  @Override
  public Device open(String argument, Precision precision) throws DeviceUnavailableException {
    if (precision != Precision.F32) {
      throw new DeviceUnavailableException(
          "the cpu computes in f32 only, not " + precision.name().toLowerCase(Locale.ROOT));
    }
    if (argument.isEmpty()) {
      return CpuDevice.create();
    }
    try {
      return CpuDevice.create(Integer.parseInt(argument));
    } catch (NumberFormatException e) {
      throw new InputException(
          "--device cpu:%s is not understood: expected cpu or cpu:THREADS, such as cpu:4"
              .formatted(argument),
          e);
    }
  }
}
