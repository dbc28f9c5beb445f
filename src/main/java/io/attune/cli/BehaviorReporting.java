package io.attune.cli;

import io.attune.Progress;
import io.attune.clip.ClipConfig;
import io.attune.clip.ClipModel;
import io.attune.clip.ImagePreprocessor;
import io.attune.clip.Tokenizer;
import io.attune.data.Split;
import io.attune.data.Things;
import io.attune.data.synthetic.PlantedCeiling;
import io.attune.format.AtomicFile;
import io.attune.report.BehaviorPage;
import io.attune.report.BehaviorReport;
import io.attune.report.BehaviorReport.Epoch;
import io.attune.report.BehaviorReport.Score;
import io.attune.report.Fact;
import io.attune.report.Page;
import io.attune.rsa.Comparison;
import io.attune.rsa.Dissimilarity;
import io.attune.rsa.NanPolicy;
import io.attune.rsa.Rdm;
import io.attune.train.AdapterWeights;
import io.attune.train.BehaviorPredictions;
import io.attune.train.BehaviorRun;
import io.attune.train.EpochMetrics;
import io.attune.train.RunFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;

/**
 * Gathers what the report of a finished behaviour run shows: the model's predictions before and
 * after for all concepts that did not train, and how they compare with people's.
 */
final class BehaviorReporting {
  private static final String SYNTHETIC =
      " The objects are drawn and the people are synthetic: their judgements follow planted"
          + " dimensions, with noise.";

  private final BehaviorRun run;
  private final Things things;
  private final Split split;
  private final double[][] before;
  private final double[][] after;
  private final String deviceText;
  private final ClipConfig config;

  private BehaviorReporting(BehaviorRun run, ClipModel base, Progress progress) {
    this.run = run;
    this.things = Things.open(run.things(), run.order());
    this.split = Split.read(run.out().resolve(RunFolder.SPLIT));
    this.config = base.config();
    this.deviceText = base.device().description();
    this.before = predict(base, progress);
    AdapterWeights.of(run.out()).mergeInto(base.device(), base.clip());
    this.after = predict(base, progress);
  }

  /**
   * Computes the report of a run that has ended.
   *
   * @param base the model that the run started from; its weights become the tuned ones
   * @param outcome of the run
   */
  static BehaviorReport of(
      BehaviorRun run, ClipModel base, BehaviorRun.Outcome outcome, Progress progress) {
    return new BehaviorReporting(run, base, progress).report(outcome);
  }

  /** Writes a report's page, and its tables beside it; each file whole or not at all. */
  static void write(BehaviorReport report, Path file) {
    String name = file.getFileName().toString().replaceFirst("[.]html$", "");
    Page page = BehaviorPage.render(name, report);
    page.tables().forEach((table, csv) -> AtomicFile.writeText(file.resolveSibling(table), csv));
    AtomicFile.writeText(file, page.html());
  }

  /** Concepts that did not train: the held-out objects, then those that validated. */
  private List<String> unseen() {
    List<String> concepts = new ArrayList<>(split.heldOut());
    concepts.addAll(split.validation());
    return concepts;
  }

  private double[][] predict(ClipModel model, Progress progress) {
    ImagePreprocessor preprocessor = run.preprocessing().forModel(run.model(), model.config());
    List<Path> files = things.images().references(unseen());
    return BehaviorPredictions.of(
        model, files, run.prompts(), Tokenizer.load(run.model()), preprocessor, progress);
  }

  private BehaviorReport report(BehaviorRun.Outcome outcome) {
    int held = split.heldOut().size();
    int all = before.length;
    List<String> validation = split.validation();
    Rdm concepts =
        Rdm.ofFeatures(validation, things.behavior(validation), Dissimilarity.CORRELATION);
    Rdm conceptsBefore = rdm(validation, before, held, all);
    Rdm conceptsAfter = rdm(validation, after, held, all);
    OptionalDouble ceiling = PlantedCeiling.read(run.things());
    List<Score> scores = new ArrayList<>();
    if (held > 1) {
      scores.add(
          new Score(
              held + " held-out objects",
              "Spearman correlation of the model's dissimilarities with people's judgements",
              outcome.spearmanBefore(),
              outcome.spearmanAfter(),
              ceiling));
    }
    scores.add(
        new Score(
            validation.size() + " validation concepts",
            "Spearman correlation with dissimilarities from people's embedding; training stopped by"
                + " their loss",
            spearman(concepts, conceptsBefore),
            spearman(concepts, conceptsAfter),
            OptionalDouble.empty()));
    boolean judged = held > 1;
    Dimensions dimensions = new Dimensions(things, run.prompts().texts(), unseen(), before, after);
    return new BehaviorReport(
        "How human is this model?",
        "A CLIP model, scored against people's similarity judgements before and after it was tuned"
            + " on their behaviour. No concept shown here was trained on."
            + (ceiling.isPresent() ? SYNTHETIC : ""),
        facts(outcome),
        scores,
        judged ? things.measured() : concepts,
        judged ? rdm(split.heldOut(), before, 0, held) : conceptsBefore,
        judged ? rdm(split.heldOut(), after, 0, held) : conceptsAfter,
        epochs(outcome),
        outcome.bestEpoch(),
        dimensions.fits(),
        dimensions.galleries());
  }

  private static Rdm rdm(List<String> names, double[][] predictions, int from, int to) {
    double[][] rows = java.util.Arrays.copyOfRange(predictions, from, to);
    return Rdm.ofFeatures(names, rows, Dissimilarity.CORRELATION);
  }

  private static double spearman(Rdm people, Rdm model) {
    return Comparison.SPEARMAN.compare(people, model, NanPolicy.DROP).value();
  }

  private static List<Epoch> epochs(BehaviorRun.Outcome outcome) {
    List<Epoch> epochs = new ArrayList<>();
    var untrained = outcome.training().untrained();
    epochs.add(new Epoch(0, Double.NaN, untrained.validationLoss(), untrained.spearman()));
    for (EpochMetrics row : outcome.training().metrics()) {
      epochs.add(new Epoch(row.epoch(), row.trainLoss(), row.validationLoss(), row.spearman()));
    }
    return epochs;
  }

  private List<Fact> facts(BehaviorRun.Outcome outcome) {
    var settings = run.settings();
    var metrics = outcome.training().metrics();
    double rate = metrics.stream().mapToDouble(EpochMetrics::imagesPerSecond).average().orElse(0);
    List<Fact> facts = new ArrayList<>();
    facts.add(new Fact("model", run.model().toString()));
    facts.add(
        new Fact(
            "image tower",
            "%d blocks of width %d, patches of %d in %d x %d pixels"
                .formatted(
                    config.vision().blocks(),
                    config.vision().width(),
                    config.patchSize(),
                    config.imageSize(),
                    config.imageSize())));
    facts.add(
        new Fact(
            "text tower",
            "%d blocks of width %d".formatted(config.text().blocks(), config.text().width())));
    facts.add(new Fact("data", run.things().toString()));
    facts.add(
        new Fact(
            "concepts",
            "%d train, %d validate, %d held out"
                .formatted(
                    split.train().size(), split.validation().size(), split.heldOut().size())));
    facts.add(
        new Fact(
            "adapters",
            "%s, rank %d, last %d vision and %d text blocks, preset %s"
                .formatted(
                    settings.adapter().label(),
                    settings.rank(),
                    settings.visionBlocks(),
                    settings.textBlocks(),
                    settings.preset().name())));
    facts.add(
        new Fact(
            "trained numbers", String.format(Locale.ROOT, "%,d", outcome.trainableParameters())));
    facts.add(
        new Fact(
            "training",
            String.format(
                Locale.ROOT,
                "%d epochs (best %d), batches of %d, learning rate %s, seed %d",
                metrics.size(),
                outcome.bestEpoch(),
                settings.batch(),
                settings.learningRate(),
                settings.seed())));
    facts.add(new Fact("speed", String.format(Locale.ROOT, "%.0f images/s in training", rate)));
    facts.add(new Fact("device", deviceText));
    facts.add(new Fact("made by", Version.text()));
    return facts;
  }
}
