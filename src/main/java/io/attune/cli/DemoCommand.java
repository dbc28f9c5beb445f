package io.attune.cli;

import io.attune.clip.ClipConfig;
import io.attune.device.Device;
import io.attune.report.BehaviorReport;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "demo",
    description = "Watch a small CLIP become more human: a few minutes, nothing to download.",
    footer = {
      "",
      "Draws a synthetic THINGS, scores the tiny model that the project trained itself, tunes it"
          + " on",
      "behaviour, scores it again and writes DIR/report.html.",
      "",
      "Examples:",
      "  attune demo",
      "  attune demo --seed 2 --out demo-2"
    })
final class DemoCommand implements Callable<Integer> {
  @Option(
      names = "--out",
      paramLabel = "DIR",
      defaultValue = "attune-demo",
      description = "Folder to write (default: ${DEFAULT-VALUE}).")
  private Path out;

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Model to start from (default: the project's weights/clip-tiny).")
  private Path model;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Of the data, the split and the adapters (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--overwrite", description = "Replace an earlier demo in DIR.")
  private boolean overwrite;

  @Mixin private DeviceOption device;

  private final Console console;

  DemoCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Path weights = model == null ? Demo.standardModel() : model;
    ClipConfig config = ClipConfig.read(weights);
    Demo.prepareFolder(out, overwrite);
    try (Device opened = device.open(console.progress());
        Interruption stop = new Interruption(console.progress())) {
      Demo demo =
          new Demo(
              out,
              weights,
              Demo.standardData(seed),
              Demo.standardTraining(config, seed),
              opened,
              console.progress());
      var report = demo.run(stop);
      if (report.isEmpty()) {
        console.err().println("attune: interrupted");
        return Interruption.STATUS;
      }
      print(report.get());
    }
    return 0;
  }

  private void print(BehaviorReport report) {
    console
        .out()
        .printf(Locale.ROOT, "%n%-28s %8s %8s%n", "Spearman, synthetic people", "before", "after");
    for (BehaviorReport.Score score : report.scores()) {
      String ceiling =
          score.ceiling().isPresent()
              ? String.format(
                  Locale.ROOT,
                  "   %.0f %% of the planted ceiling %.3f",
                  100 * score.after() / score.ceiling().getAsDouble(),
                  score.ceiling().getAsDouble())
              : "";
      console
          .out()
          .printf(
              Locale.ROOT,
              "%-28s %8.3f %8.3f%s%n",
              score.name(),
              score.before(),
              score.after(),
              ceiling);
    }
    console.out().printf("%nReport: %s%n", out.resolve(Demo.REPORT).toAbsolutePath());
  }
}
