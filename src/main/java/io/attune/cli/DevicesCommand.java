package io.attune.cli;

import io.attune.device.Devices;
import io.attune.device.cuda.CudaSurvey;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

@Command(
    name = "devices",
    description = "List the devices that can compute here, and why the others cannot.",
    footer = {"", "Example:", "  attune devices"})
final class DevicesCommand implements Callable<Integer> {
  private final Console console;

  DevicesCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    List<Devices.Rung> rungs = Devices.survey();
    for (Devices.Rung rung : rungs) {
      String answer = rung.serves() ? "yes" : "no";
      console.out().printf("%-9s %-4s %s%n", rung.name(), answer, rung.text());
    }
    try (var device = Devices.open("auto").device()) {
      console.out().println("--device auto takes " + device.name());
    }
    console.out().println();
    console.out().println("For NVIDIA GPUs:");
    for (CudaSurvey.Line line : CudaSurvey.lines()) {
      String answer = line.present() ? "yes" : "no";
      console.out().printf("%-9s %-4s %s%n", line.name(), answer, line.text());
    }
    return 0;
  }
}
