package io.attune.cli;

import io.attune.clip.ClipConfig;
import io.attune.device.Device;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "demo",
    description = "Watch a small CLIP become more human: a few minutes, nothing to download.",
    footer = {
      "",
      "Draws a synthetic THINGS with MEG and tunes the tiny model that the project trained itself:",
      "  behavior     stage 1, on behaviour: DIR/report.html",
      "  meg          stage 2, on the MEG of a group of people: DIR/meg.html",
      "  participant  stage 3, on each person's own MEG: DIR/people.html",
      "After Ctrl-C or kill the same command with --resume goes on, to the same scores.",
      "Scores are of held-out objects that trained no stage. The MEG stages start from stage 1's",
      "model; alone, in a folder that has none, from plain CLIP. The console and DIR/scores.csv",
      "say what was reached of what is expected. Takes about 0.4 GB of disk.",
      "",
      "Examples:",
      "  attune demo",
      "  attune demo --stage behavior --out quick",
      "  attune demo --stage meg --out quick",
      "  attune demo --seed 2 --out demo-2"
    })
final class DemoCommand implements Callable<Integer> {
  @Option(
      names = "--stage",
      paramLabel = "S",
      description = {
        "behavior, meg or participant: one stage alone, on what earlier",
        "ones left in DIR (default: all)."
      })
  private DemoStage stage;

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

  @ArgGroup private Policy policy = new Policy();

  private static final class Policy {
    @Option(
        names = "--resume",
        description = "Go on with an interrupted demo in DIR: stages that are done stay.")
    private boolean resume;

    @Option(
        names = "--overwrite",
        description = "Replace an earlier demo in DIR, or what --stage left there.")
    private boolean overwrite;
  }

  @Mixin private DeviceOption device;

  private final Console console;

  DemoCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Path weights = model == null ? Demo.standardModel() : model;
    DemoSettings settings = DemoSettings.standard(ClipConfig.read(weights), seed);
    Set<DemoStage> stages = stage == null ? EnumSet.allOf(DemoStage.class) : EnumSet.of(stage);
    DemoFolder folder = new DemoFolder(out);
    if (policy.resume) {
      stages = folder.resume(stages, settings.data());
      if (stages.isEmpty()) {
        console.progress().message("all is done already; --overwrite would begin again");
        return 0;
      }
    } else {
      folder.prepare(stages, settings.data(), policy.overwrite);
    }
    try (Device opened = device.open(console.progress());
        Interruption stop = new Interruption(console.progress())) {
      Demo demo =
          new Demo(folder, weights, settings, DemoDevice.of(device, opened), console.progress());
      Optional<List<DemoResult>> results = demo.run(stages, stop);
      if (results.isEmpty()) {
        return stop.told(console);
      }
      results.get().forEach(result -> print(result, folder));
    }
    return 0;
  }

  private void print(DemoResult result, DemoFolder folder) {
    console.out().println();
    result.lines().forEach(console.out()::println);
    result.goals().forEach(goal -> console.out().println(goal.line()));
    console.out().printf("Report: %s%n", folder.page(result.stage()).toAbsolutePath());
  }
}
