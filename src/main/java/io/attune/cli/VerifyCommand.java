package io.attune.cli;

import io.attune.clip.ClipModel;
import io.attune.device.Device;
import io.attune.format.AtomicFile;
import io.attune.hba.Verification;
import io.attune.hba.Verification.Outcome;
import io.attune.hba.Verification.Tolerances;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "verify",
    description = "Run one step and compare it with a reference file, tensor by tensor.",
    footer = {
      "",
      "A reference is a safetensors file with the inputs, activations and gradients of a step that",
      "PyTorch computed. Exit status: 0 all within the limits, 1 one is not, 2 bad input.",
      "",
      "Example:",
      "  attune verify --model weights/references/names \\",
      "    --reference weights/references/names/reference-contrastive.safetensors"
    })
final class VerifyCommand implements Callable<Integer> {
  @Option(names = "--model", paramLabel = "DIR", required = true, description = "Model folder.")
  private Path model;

  @Option(
      names = "--reference",
      paramLabel = "FILE",
      required = true,
      description = "Reference file.")
  private Path reference;

  @Option(
      names = "--tolerance-activations",
      paramLabel = "X",
      description = "Largest error of activations and losses (default: 2e-5 in float32).")
  private Double activations;

  @Option(
      names = "--tolerance-gradients",
      paramLabel = "X",
      description = "Largest error of gradients (default: 2e-4 in float32).")
  private Double gradients;

  @Option(names = "--json", paramLabel = "F", description = "Write the comparison as JSON too.")
  private Path json;

  @Mixin private DeviceOption device;

  private final Console console;

  VerifyCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (json != null) {
      AtomicFile.requireWritable(json);
    }
    try (Device opened = device.open(console.progress());
        ClipModel clip = ClipModel.open(model, opened)) {
      Tolerances standard = Tolerances.of(opened.precision());
      Tolerances tolerances =
          new Tolerances(
              activations == null ? standard.activations() : activations,
              gradients == null ? standard.gradients() : gradients);
      Outcome outcome = Verification.run(opened, clip.clip(), reference, tolerances);
      print(outcome);
      if (json != null) {
        VerificationJson.write(outcome, json);
      }
      return outcome.passes() ? 0 : 1;
    }
  }

  private void print(Outcome outcome) {
    for (Verification.Row row : outcome.rows()) {
      console
          .out()
          .println(
              String.format(
                  Locale.ROOT,
                  "%-64s %-20s %.2e %s",
                  row.name(),
                  row.shape(),
                  row.error(),
                  row.passes() ? "ok" : "FAIL"));
    }
    console.out().println(outcome.summary());
  }
}
