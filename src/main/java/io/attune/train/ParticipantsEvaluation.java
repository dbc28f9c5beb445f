package io.attune.train;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.data.Split;
import io.attune.data.meg.MegTarget;
import io.attune.device.Device;
import io.attune.rsa.Comparison;
import io.attune.rsa.FalseDiscovery;
import io.attune.rsa.LabelRdm;
import io.attune.rsa.NoiseCeiling;
import io.attune.rsa.Permutation;
import io.attune.rsa.Pooling;
import io.attune.rsa.Rdm;
import io.attune.rsa.Rdms;
import io.attune.rsa.SecondOrder;
import io.attune.rsa.Similarity;
import io.attune.rsa.TimeCourse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * Participants' own models against their own MEG and each other's: whether the models are as
 * individual as the people.
 *
 * @param people in the order given
 * @param heldOut images that trained no model
 * @param similarity of every model with every participant's MEG on them
 * @param ceiling that participants allow on them
 * @param adjustedP how likely each person's own model came by its similarity by chance:
 *     [people][times], from shuffled images, adjusted over times for the false discovery rate
 * @param individuality of all images, then of the held-out ones; empty where at fewer than two
 *     times all models are open
 */
public record ParticipantsEvaluation(
    List<Person> people,
    List<String> heldOut,
    Similarity similarity,
    NoiseCeiling ceiling,
    double[][] adjustedP,
    List<Individuality> individuality) {
  private static final int FEWEST = 3;
  private static final int SHUFFLES = 1000;
  private static final int FEWEST_TO_SHUFFLE = 4;

  /** Whose model and MEG are compared. */
  public record Participant(String name, Path run, MegTarget target) {}

  /**
   * A participant's model.
   *
   * @param predictions for all images, at the times that are compared
   */
  public record Person(String name, MegPredictions predictions, MegLayerWeights weights) {}

  /**
   * 1 less Pearson's r between participants, over all times at which all models are open.
   *
   * @param images which, as in "18 held-out images"
   * @param permutationP of so large a Spearman between the two, participants shuffled; empty for
   *     fewer than four
   */
  public record Individuality(String images, Rdm models, Rdm meg, OptionalDouble permutationP) {}

  /**
   * Computes it; each model sees all images at once.
   *
   * @param model folder of the base model
   * @param things folder of the images
   * @param participants two or more, with the same images, all else held alike
   * @throws InputException if there are fewer, or runs, targets and images do not fit each other
   */
  public static ParticipantsEvaluation of(
      Path model, Path things, List<Participant> participants, Device device, Progress progress) {
    return of(model, things, participants, OptionalLong.empty(), device, progress);
  }

  /**
   * As the other, with noise in the models' outputs if it is wanted.
   *
   * @param noise seed of the draws, see {@link MegOutputs}
   */
  public static ParticipantsEvaluation of(
      Path model,
      Path things,
      List<Participant> participants,
      OptionalLong noise,
      Device device,
      Progress progress) {
    if (participants.size() < 2) {
      throw new InputException(
          "participants: expected at least 2 with a run and a target, found "
              + participants.size());
    }
    List<String> names = participants.getFirst().target().names();
    List<String> heldOut = heldOut(participants);
    double[] times = times(participants);
    List<Person> people = new ArrayList<>();
    for (Participant one : participants) {
      progress.message(one.name());
      one.target().rows(names);
      try (ClipModel base = ClipModel.open(model, device)) {
        MegPredictions all =
            MegPredictions.of(base, model, things, one.run(), names, noise, progress).at(times);
        people.add(new Person(one.name(), all, MegLayerWeights.of(device, one.run())));
      }
    }
    Rdms meg = meg(participants, heldOut, times);
    Rdms models = models(people, heldOut, times);
    Similarity similarity = Similarity.of(models, meg, Comparison.SPEARMAN);
    double[][] adjusted = new double[people.size()][];
    Permutation shuffles = new Permutation(SHUFFLES, 1);
    Arrays.setAll(
        adjusted,
        p ->
            FalseDiscovery.adjust(
                shuffles.test(models.only(p), meg.only(p), Comparison.SPEARMAN)[0]));
    NoiseCeiling ceiling = NoiseCeiling.of(meg, Comparison.SPEARMAN, Pooling.MEAN);
    double[] open = open(people, times);
    List<Individuality> individuality = new ArrayList<>();
    if (open.length > 1) {
      individuality.add(
          individuality(
              "all %d images".formatted(names.size()), names, people, participants, open));
      individuality.add(
          individuality(
              "%d held-out images".formatted(heldOut.size()), heldOut, people, participants, open));
    } else {
      progress.message("no two times at which all models are open: people are not compared");
    }
    return new ParticipantsEvaluation(
        people, heldOut, similarity, ceiling, adjusted, individuality);
  }

  private static List<String> heldOut(List<Participant> participants) {
    List<String> first = heldOut(participants.getFirst());
    for (Participant other : participants) {
      if (!new HashSet<>(heldOut(other)).equals(new HashSet<>(first))) {
        throw new InputException(
            "%s: it holds out other images than %s - evaluate runs of one split together"
                .formatted(other.run(), participants.getFirst().run()));
      }
    }
    if (first.size() < FEWEST) {
      throw new InputException(
          "%s: %d images are held out, expected at least %d"
              .formatted(participants.getFirst().run(), first.size(), FEWEST));
    }
    return first;
  }

  private static List<String> heldOut(Participant participant) {
    return Split.read(participant.run().resolve(RunFolder.SPLIT)).heldOut();
  }

  /** Times that all models and all targets have. */
  private static double[] times(List<Participant> participants) {
    List<MegConfig> configs = participants.stream().map(p -> MegConfig.read(p.run())).toList();
    MegConfig first = configs.getFirst();
    double[] times =
        IntStream.range(0, first.axis().count())
            .mapToDouble(first.axis()::ms)
            .filter(ms -> configs.stream().allMatch(config -> config.axis().has(ms)))
            .filter(ms -> participants.stream().allMatch(p -> p.target().axis().has(ms)))
            .toArray();
    if (times.length < 2) {
      throw new InputException(
          "participants: %d times are in all runs and targets, two are needed; %s has %s, %s has %s"
              .formatted(
                  times.length,
                  participants.getFirst().run(),
                  first.axis(),
                  participants.getFirst().target().file(),
                  participants.getFirst().target().axis()));
    }
    return times;
  }

  private static double[] open(List<Person> people, double[] times) {
    return IntStream.range(0, times.length)
        .filter(t -> people.stream().allMatch(person -> person.predictions().outputs().open()[t]))
        .mapToDouble(t -> times[t])
        .toArray();
  }

  private static Rdms models(List<Person> people, List<String> names, double[] times) {
    return Rdms.join(
        people.stream()
            .map(person -> person.predictions().at(times).rdms(person.name(), names))
            .toList());
  }

  private static Rdms meg(List<Participant> people, List<String> names, double[] times) {
    return Rdms.join(people.stream().map(p -> p.target().rdms(p.name(), names, times)).toList());
  }

  private static Individuality individuality(
      String images,
      List<String> names,
      List<Person> people,
      List<Participant> participants,
      double[] open) {
    Rdm models = LabelRdm.of(models(people, names, open));
    Rdm meg = LabelRdm.of(meg(participants, names, open));
    OptionalDouble p = OptionalDouble.empty();
    if (people.size() >= FEWEST_TO_SHUFFLE) {
      Rdms shuffled = Rdms.of("models", models);
      double[][] chance =
          new Permutation(SHUFFLES, 1).test(shuffled, Rdms.of("MEG", meg), Comparison.SPEARMAN);
      p = OptionalDouble.of(chance[0][0]);
    }
    return new Individuality(images, models, meg, p);
  }

  /**
   * Individuality of the held-out images, tested by shuffling images, which suits few participants.
   *
   * @param participants those that were evaluated
   * @param shuffles at least 1; the time it takes grows with them and with pairs of participants
   */
  public SecondOrder secondOrder(List<Participant> participants, int shuffles) {
    double[] open = open(people, similarity.times());
    return SecondOrder.of(
        models(people, heldOut, open), meg(participants, heldOut, open), shuffles, 1);
  }

  /** A participant's model against a participant's MEG. */
  public TimeCourse course(int model, int participant) {
    return new TimeCourse(similarity.times(), similarity.values()[model][participant]);
  }

  /** Whose model has the largest area from 0 ms against a participant's MEG. */
  public int bestModel(int participant) {
    int best = 0;
    for (int m = 1; m < people.size(); m++) {
      best = course(m, participant).area() > course(best, participant).area() ? m : best;
    }
    return best;
  }
}
