package io.attune.cli;

import io.attune.Progress;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.Precision;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** {@code --device}, for commands that compute. */
final class DeviceOption {
  private static final String CPU = "cpu";

  @Option(
      names = "--device",
      paramLabel = "D",
      defaultValue = "auto",
      description = "auto, cpu, cpu:THREADS, cuda, cuda:N, emulated (default: ${DEFAULT-VALUE}).")
  private String request;

  @Option(
      names = "--precision",
      paramLabel = "P",
      defaultValue = "f32",
      converter = PrecisionConverter.class,
      description = "f32, tf32 or bf16 products; the cpu has f32 only (default: f32).")
  private Precision precision;

  /** Opens the device and says why it was chosen; the caller closes it. */
  Device open(Progress progress) {
    Devices.Choice choice = Devices.open(request, precision);
    choice.remarks().forEach(progress::message);
    progress.message(choice.device().description());
    return choice.device();
  }

  /** Over how many callers the opened device is well divided: a processor's threads, else 1. */
  int threads(Device opened) {
    if (!opened.name().equals(CPU)) {
      return 1;
    }
    return request.startsWith(CPU + ":")
        ? Integer.parseInt(request.substring(CPU.length() + 1))
        : Runtime.getRuntime().availableProcessors();
  }

  /**
   * Devices that serve a caller each, of the kind of the opened one; a processor's threads are
   * shared out, one each at least. The caller closes them.
   */
  List<Device> divided(Device opened, int callers) {
    int threads = threads(opened);
    List<Device> devices = new ArrayList<>();
    try {
      for (int n = 0; n < callers; n++) {
        int own = Math.max(1, threads / callers + (n < threads % callers ? 1 : 0));
        String one = opened.name().equals(CPU) ? CPU + ":" + own : opened.name();
        devices.add(Devices.open(one, precision).device());
      }
    } catch (RuntimeException e) {
      devices.forEach(Device::close);
      throw e;
    }
    return devices;
  }
}
