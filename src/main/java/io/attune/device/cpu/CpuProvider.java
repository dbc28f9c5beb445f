package io.attune.device.cpu;

import io.attune.InputException;
import io.attune.device.Device;
import io.attune.device.DeviceProvider;
import io.attune.device.DeviceUnavailableException;
import io.attune.device.Precision;
import java.util.Locale;

/** The last rung: {@code cpu} on all processors, or {@code cpu:N} on N threads. Always serves. */
public final class CpuProvider implements DeviceProvider {
  private static final int MOST_THREADS = 4096;

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
      int threads = Integer.parseInt(argument);
      if (threads > MOST_THREADS) {
        throw new InputException(
            "--device cpu:%d: expected at most %d threads; this machine has %d processors"
                .formatted(threads, MOST_THREADS, Runtime.getRuntime().availableProcessors()));
      }
      return CpuDevice.create(threads);
    } catch (NumberFormatException e) {
      throw new InputException(
          "--device cpu:%s is not understood: expected cpu or cpu:THREADS, such as cpu:4"
              .formatted(argument),
          e);
    }
  }
}
