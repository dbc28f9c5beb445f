package io.attune.cli;

import io.attune.Progress;
import io.attune.device.Device;
import io.attune.device.Devices;
import picocli.CommandLine.Option;

/** {@code --device}, for commands that compute. */
final class DeviceOption {
  @Option(
      names = "--device",
      paramLabel = "D",
      defaultValue = "auto",
      description = "auto, cpu, cpu:THREADS or cuda (default: ${DEFAULT-VALUE}).")
  private String request;

  /** Opens the device and says why it was chosen; the caller closes it. */
  Device open(Progress progress) {
    Devices.Choice choice = Devices.open(request);
    choice.remarks().forEach(progress::message);
    progress.message(choice.device().description());
    return choice.device();
  }
}
