package io.attune.cli;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.clip.ClipConfig;
import io.attune.clip.ClipModel;
import io.attune.clip.Preprocessing;
import io.attune.data.ConceptOrder;
import io.attune.data.synthetic.SyntheticSettings;
import io.attune.data.synthetic.SyntheticThings;
import io.attune.device.Device;
import io.attune.hba.AdapterKind;
import io.attune.hba.BehaviorPreset;
import io.attune.hba.Prompts;
import io.attune.report.BehaviorReport;
import io.attune.train.BehaviorRun;
import io.attune.train.BehaviorSettings;
import io.attune.train.CacheLimit;
import io.attune.train.RunFolder.Existing;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;

/** The demo from an empty folder to its report. */
final class Demo {
  static final String REPORT = "report.html";
  private static final String THINGS = "things";
  private static final String RUN = "run";

  private final Path out;
  private final Path model;
  private final SyntheticSettings data;
  private final BehaviorSettings training;
  private final Device device;
  private final Progress progress;

  Demo(
      Path out,
      Path model,
      SyntheticSettings data,
      BehaviorSettings training,
      Device device,
      Progress progress) {
    this.out = out;
    this.model = model;
    this.data = data;
    this.training = training;
    this.device = device;
    this.progress = progress;
  }

  /** The tiny model beside the launcher. */
  static Path standardModel() {
    return Path.of(System.getProperty("attune.home", ".")).resolve("weights/clip-tiny");
  }

  /**
   * Makes the folder, or clears an earlier demo out of it.
   *
   * @throws InputException if it holds anything that is not to be replaced
   */
  static void prepareFolder(Path out, boolean overwrite) {
    if (overwrite && Files.exists(out.resolve(THINGS).resolve("truth.json"))) {
      clear(out);
    }
    OutputFolder.create(out);
  }

  private static void clear(Path out) {
    try (Stream<Path> entries = Files.list(out)) {
      for (Path entry : entries.toList()) {
        String name = entry.getFileName().toString();
        if (name.equals(THINGS)
            || name.equals(RUN)
            || name.matches("report(-\\w+)?[.](html|csv)")) {
          delete(entry);
        }
      }
    } catch (IOException e) {
      throw new InputException("%s: cannot be cleared: %s".formatted(out, e), e);
    }
  }

  private static void delete(Path tree) throws IOException {
    List<Path> all;
    try (Stream<Path> walk = Files.walk(tree)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : all) {
      Files.delete(path);
    }
  }

  /**
   * Runs it and writes the report.
   *
   * @param stop asked after each training step
   * @return what the report shows; empty if it was stopped
   */
  Optional<BehaviorReport> run(BooleanSupplier stop) {
    try (ClipModel base = ClipModel.open(model, device)) {
      Path things = out.resolve(THINGS);
      SyntheticThings.write(things, data, progress);
      BehaviorRun run =
          new BehaviorRun(
              model,
              things,
              out.resolve(RUN),
              Existing.REFUSE,
              training,
              Preprocessing.CLIP,
              ConceptOrder.ID,
              Prompts.paper());
      BehaviorRun.Outcome outcome = run.train(base, progress, stop);
      if (outcome.training().interrupted()) {
        return Optional.empty();
      }
      BehaviorReport report = BehaviorReporting.of(run, base, outcome, progress);
      BehaviorReporting.write(report, out.resolve(REPORT));
      return Optional.of(report);
    }
  }

  /** What is drawn. */
  static SyntheticSettings standardData(long seed) {
    return new SyntheticSettings(5000, 64, 1, seed);
  }

  /**
   * How it is trained: a small model needs another block adapted in each tower and larger steps
   * than the paper's, and a demo has minutes, not hours.
   */
  static BehaviorSettings standardTraining(ClipConfig model, long seed) {
    return new BehaviorSettings(
        BehaviorPreset.CORRECTED,
        AdapterKind.DORA,
        Math.min(3, model.vision().blocks()),
        Math.min(2, model.text().blocks()),
        32,
        16,
        8,
        32,
        seed,
        8e-3,
        BehaviorSettings.PAPER.weightDecay(),
        CacheLimit.AUTO);
  }
}
