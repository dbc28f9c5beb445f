package io.attune.cli;

import io.attune.Progress;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.Precision;
import picocli.CommandLine.Option;

/** {@code --device}, for commands that compute. */
final class DeviceOption {
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
}
