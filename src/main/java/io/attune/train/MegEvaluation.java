package io.attune.train;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.clip.Preprocessing;
import io.attune.clip.Tokenizer;
import io.attune.data.Split;
import io.attune.data.meg.MegTarget;
import io.attune.device.Device;
import io.attune.hba.Prompts;
import io.attune.rsa.Comparison;
import io.attune.rsa.Dissimilarity;
import io.attune.rsa.Rdm;
import io.attune.rsa.Rdms;
import io.attune.rsa.Similarity;
import io.attune.rsa.TimeCourse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * A group's MEG model on concepts that did not train: its RDMs over time beside the target's, plain
 * CLIP's and those of the run of stage 1 it was trained with. RDMs come from the targets when they
 * are used: the targets must stay open as long.
 *
 * @param alignments one a set of concepts
 * @param behavior Spearman's rho at each time with people's judgements; empty without them
 * @param weights of layers
 */
public record MegEvaluation(
    List<MegAlignment> alignments, Optional<TimeCourse> behavior, MegLayerWeights weights) {
  /** What the model is called among the models. */
  public static final String MODEL = "MEG model";

  private static final String CLIP = "CLIP";
  private static final String BEHAVIOR = "Behaviour";
  private static final int FEWEST = 3;

  /**
   * What to evaluate, and against what.
   *
   * @param model folder of the base model
   * @param things folder of the images
   * @param run of {@code finetune meg}
   * @param heldOut whether the run's held-out concepts are scored
   * @param validation whether its validation concepts are
   * @param measured people's judgements, of concepts that did not train
   * @param noise seed of the noise that the run's outputs are given, see {@link MegOutputs}
   */
  public record Request(
      Path model,
      Path things,
      Path run,
      boolean heldOut,
      boolean validation,
      Optional<Rdm> measured,
      OptionalLong noise) {
    /** Without noise but what the run's preset draws in any case. */
    public Request(
        Path model,
        Path things,
        Path run,
        boolean heldOut,
        boolean validation,
        Optional<Rdm> measured) {
      this(model, things, run, heldOut, validation, measured, OptionalLong.empty());
    }
  }

  private record ConceptSet(String title, List<String> names) {}

  /**
   * Computes it. All images go through the model together.
   *
   * @param target the group's
   * @param people targets of participants by name, none for no noise ceiling
   * @throws InputException if run, target and images do not fit each other
   */
  public static MegEvaluation of(
      Request request,
      MegTarget target,
      List<Participant> people,
      Device device,
      Progress progress) {
    Split split = Split.read(request.run().resolve(RunFolder.SPLIT));
    List<ConceptSet> sets = sets(request, split, target);
    request.measured().ifPresent(rdm -> requireUnseen(rdm, split, request.run()));
    List<String> names =
        Stream.concat(
                sets.stream().flatMap(set -> set.names().stream()),
                request.measured().stream().flatMap(rdm -> rdm.names().stream()))
            .distinct()
            .toList();
    MegConfig config = MegConfig.read(request.run());
    double[] times = times(config, target, people);
    // What can be told before any image is seen.
    Checkpoints.best(request.run());
    for (Participant person : people) {
      sets.forEach(set -> person.target().rows(set.names()));
    }
    List<Rdms> still = new ArrayList<>();
    MegPredictions predictions;
    try (ClipModel base = ClipModel.open(request.model(), device)) {
      still.add(Rdms.of(CLIP, still(base, request, config, names, progress)));
      predictions =
          MegPredictions.of(
              base,
              request.model(),
              request.things(),
              request.run(),
              names,
              request.noise(),
              progress);
    }
    if (!config.behavior().isEmpty()) {
      Path behavior = Path.of(config.behavior());
      if (Files.isDirectory(behavior)) {
        try (ClipModel base = ClipModel.open(request.model(), device)) {
          AdapterWeights.of(behavior).mergeInto(device, base.clip());
          still.add(Rdms.of(BEHAVIOR, still(base, request, config, names, progress)));
        }
      } else {
        progress.message(behavior + ": the run of stage 1 is not there, and is not compared");
      }
    }
    MegPredictions common = predictions.at(times);
    List<MegAlignment> alignments =
        sets.stream().map(set -> alignment(set, common, still, target, people, times)).toList();
    Optional<TimeCourse> behavior =
        request
            .measured()
            .map(
                rdm ->
                    Similarity.of(
                            Rdms.of("people", rdm),
                            predictions.rdms(MODEL, rdm.names()),
                            Comparison.SPEARMAN)
                        .course(0));
    return new MegEvaluation(alignments, behavior, MegLayerWeights.of(device, request.run()));
  }

  /** A person's target. */
  public record Participant(String name, MegTarget target) {}

  private static List<ConceptSet> sets(Request request, Split split, MegTarget target) {
    List<ConceptSet> sets = new ArrayList<>();
    if (request.heldOut()) {
      add(sets, "held-out", split.heldOut(), target);
    }
    if (request.validation()) {
      add(sets, "validation", split.validation(), target);
    }
    if (sets.isEmpty()) {
      throw new InputException(
          "%s: it has fewer than %d of the concepts of %s that were asked for (%d are held out, %d validate)"
              .formatted(
                  target.file(),
                  FEWEST,
                  request.run().resolve(RunFolder.SPLIT),
                  split.heldOut().size(),
                  split.validation().size()));
    }
    return sets;
  }

  private static void add(List<ConceptSet> sets, String kind, List<String> all, MegTarget target) {
    LinkedHashSet<String> known = new LinkedHashSet<>(all);
    known.retainAll(new LinkedHashSet<>(target.names()));
    if (known.size() >= FEWEST) {
      sets.add(new ConceptSet(known.size() + " " + kind + " concepts", List.copyOf(known)));
    }
  }

  private static void requireUnseen(Rdm measured, Split split, Path run) {
    List<String> trained = measured.names().stream().filter(split.train()::contains).toList();
    if (!trained.isEmpty()) {
      throw new InputException(
          "%s: %d concepts of the judgements trained the run, among them %s - give judgements of others"
              .formatted(run, trained.size(), trained.getFirst()));
    }
  }

  /** Times that the model, the target and all participants have. */
  private static double[] times(MegConfig config, MegTarget target, List<Participant> people) {
    double[] times =
        IntStream.range(0, config.axis().count())
            .mapToDouble(config.axis()::ms)
            .filter(target.axis()::has)
            .filter(ms -> people.stream().allMatch(person -> person.target().axis().has(ms)))
            .toArray();
    if (times.length < 2) {
      throw new InputException(
          "%s: %s, of which the model (%s) and the participants share %d; two are needed"
              .formatted(target.file(), target.axis(), config.axis(), times.length));
    }
    return times;
  }

  /** The RDM of a model without time, from its similarities with the prompts. */
  private static Rdm still(
      ClipModel model, Request request, MegConfig config, List<String> names, Progress progress) {
    double[][] rows =
        BehaviorPredictions.of(
            model,
            MegImages.of(request.things(), names),
            new Prompts(config.prompts()),
            Tokenizer.load(request.model()),
            Preprocessing.valueOf(config.preprocess().toUpperCase(Locale.ROOT))
                .forModel(request.model(), model.config()),
            progress);
    return Rdm.ofFeatures(names, rows, Dissimilarity.CORRELATION);
  }

  private static MegAlignment alignment(
      ConceptSet set,
      MegPredictions predictions,
      List<Rdms> still,
      MegTarget target,
      List<Participant> people,
      double[] times) {
    List<Rdms> models = new ArrayList<>();
    models.add(predictions.rdms(MODEL, set.names()));
    still.forEach(rdms -> models.add(rdms.select(set.names())));
    Optional<Rdms> measured =
        people.isEmpty()
            ? Optional.empty()
            : Optional.of(
                Rdms.join(
                    people.stream()
                        .map(p -> p.target().rdms(p.name(), set.names(), times))
                        .toList()));
    return new MegAlignment(set.title(), target.rdms("MEG", set.names(), times), measured, models);
  }
}
