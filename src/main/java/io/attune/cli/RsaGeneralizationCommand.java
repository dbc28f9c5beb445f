package io.attune.cli;

import io.attune.data.rdm.Columns;
import io.attune.data.rdm.OpenRdms;
import io.attune.format.NpyWriter;
import io.attune.rsa.Rdms;
import io.attune.rsa.TimeGeneralization;
import io.attune.tensor.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "generalization",
    description = "How alike RDMs of one time are to those of every other: float64 [T, T].",
    footer = {
      "",
      RdmOptions.FILES,
      "Means over participants. Without --model each participant's own times are compared; with",
      "it, the model's times (rows) with the participants' (columns). --curve writes the mean",
      "of each row as CSV.",
      "",
      "Examples:",
      "  attune rsa generalization --rdms meg.npy --step-ms 5 --method pearson --out tt.npy",
      "  attune rsa generalization --model model.npy --rdms meg.npy --step-ms 5 --out tt.npy"
    })
final class RsaGeneralizationCommand implements Callable<Integer> {
  @Option(
      names = "--rdms",
      paramLabel = "FILE",
      required = true,
      arity = "1..*",
      description = "Participants' RDMs over time.")
  private List<Path> files;

  @Option(names = "--model", paramLabel = "FILE", description = "A model's RDMs over time.")
  private Path model;

  @Option(
      names = "--out",
      paramLabel = "FILE.npy",
      required = true,
      converter = NpyPathConverter.class,
      description = "File to write.")
  private Path out;

  @Option(names = "--curve", paramLabel = "FILE.csv", description = "Write the mean curve.")
  private Path curve;

  @Mixin private RdmOptions options;

  private final Console console;

  RsaGeneralizationCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    List<Path> inputs = new ArrayList<>(files);
    inputs.add(model);
    OutputFile.require(out, inputs);
    if (curve != null) {
      OutputFile.require(curve, inputs);
      OutputFile.requireApart(out, curve);
    }
    TimeGeneralization result;
    try (OpenRdms data = options.open(files, console)) {
      result = generalization(data.rdms());
    }
    double[] values = Arrays.stream(result.values()).flatMapToDouble(Arrays::stream).toArray();
    NpyWriter.write(out, Shape.of(result.rows().length, result.columns().length), values);
    if (curve != null) {
      new Columns()
          .add("time_ms", result.rows())
          .add("generalization", result.meanCurve().values())
          .write(curve);
    }
    console.out().println(out);
    return 0;
  }

  private TimeGeneralization generalization(Rdms data) {
    if (model == null) {
      return TimeGeneralization.of(data, data, options.comparison());
    }
    try (OpenRdms first = options.open(model, console)) {
      return TimeGeneralization.of(first.rdms(), data, options.comparison());
    }
  }
}
