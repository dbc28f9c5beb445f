package io.attune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.InputException;
import io.attune.data.meg.MegTarget;
import io.attune.device.Device;
import io.attune.format.AtomicFile;
import io.attune.report.Fact;
import io.attune.report.MegReport;
import io.attune.rsa.Comparison;
import io.attune.rsa.NanPolicy;
import io.attune.rsa.TimeCourse;
import io.attune.train.MegConfig;
import io.attune.train.ParticipantsEvaluation;
import io.attune.train.ParticipantsEvaluation.Individuality;
import io.attune.train.ParticipantsEvaluation.Participant;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "participants",
    description = "Score each participant's own model, and tell whether the models are individual.",
    footer = {
      "",
      "On the images that trained no model: Spearman correlation over time of each model with its",
      "own person's MEG, beside how well the others' mean predicts that person. Then how people",
      "differ, 1 - Pearson between participants for models and for MEG, and the Spearman between",
      "the two, on all images and on those held out. Prints a table and, last, one line of JSON;",
      "own_model_best counts those whom no other's model predicts better. The page also shows the",
      "distance between layer weights and images as two people's models see them.",
      "",
      "Examples:",
      "  attune evaluate participants --runs runs/people --target person-{p}.npy \\",
      "    --things THINGS --model clip-vit-large-patch14 --report people.html",
      "  attune evaluate participants --runs runs/people --target person-{p}.npy \\",
      "    --things THINGS --model M --participants 1,2,5"
    })
final class EvaluateParticipantsCommand implements Callable<Integer> {
  private static final String ROW = "%-18s %9s %7s %8s %12s   %s%n";

  @Option(
      names = "--runs",
      paramLabel = "DIR",
      required = true,
      description = "What 'finetune participant' wrote, with participant-01 and so on.")
  private Path runs;

  @Option(
      names = {"--target", "--meg"},
      paramLabel = "FILE",
      required = true,
      description = "What 'data meg-condense --participant' wrote; {p} stands for the number.")
  private String target;

  @Option(
      names = "--participants",
      paramLabel = "P",
      defaultValue = "all",
      description = {
        "all that have a target and a run, or numbers such as 1,2",
        "(default: ${DEFAULT-VALUE})."
      })
  private String participants;

  @Option(
      names = "--things",
      paramLabel = "DIR",
      required = true,
      description = "THINGS folder, whose images bear the targets' names.")
  private Path things;

  @Option(names = "--model", paramLabel = "DIR", required = true, description = "Model folder.")
  private Path model;

  @Option(
      names = "--report",
      paramLabel = "FILE.html",
      converter = HtmlPathConverter.class,
      description = "Page to write.")
  private Path report;

  @Mixin private NoiseOption noise;
  @Mixin private JsonResult json;
  @Mixin private DeviceOption device;

  private final Console console;

  EvaluateParticipantsCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    json.check(List.of(), report);
    if (report != null) {
      AtomicFile.requireWritable(report);
    }
    List<Participant> people = new ArrayList<>();
    try (Device opened = device.open(console.progress())) {
      open(people);
      ParticipantsEvaluation evaluation =
          ParticipantsEvaluation.of(
              model, things, people, noise.seed(), opened, console.progress());
      tell(evaluation, MegConfig.read(people.getFirst().run()), opened);
    } finally {
      people.forEach(person -> person.target().close());
    }
    return 0;
  }

  private void open(List<Participant> people) {
    ParticipantTargets files = new ParticipantTargets(target);
    for (int number : files.chosen(participants)) {
      Path run = runs.resolve(String.format(Locale.ROOT, "participant-%02d", number));
      if (participants.equals("all") && !Files.isDirectory(run)) {
        continue;
      }
      MegConfig config = MegConfig.read(run);
      if (!config.stage().equals("participant")) {
        throw new InputException(
            run + ": no run of finetune participant, but of " + config.stage());
      }
      people.add(new Participant("participant " + number, run, MegTarget.open(files.of(number))));
    }
    if (people.isEmpty()) {
      throw new InputException(
          runs
              + ": holds no run such as participant-01 of anybody with a target - name what"
              + " finetune participant wrote");
    }
  }

  private void tell(ParticipantsEvaluation evaluation, MegConfig config, Device opened) {
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    noise.seed().ifPresent(seed -> result.put("noise", seed));
    result.put("held_out", evaluation.heldOut().size());
    ArrayNode each = result.putArray("participants");
    int own = 0;
    console.out().printf(ROW, "", "area", "peak", "at ms", "lower bound", "best model");
    for (int p = 0; p < evaluation.people().size(); p++) {
      own += evaluation.bestModel(p) == p ? 1 : 0;
      person(evaluation, p, each.addObject());
    }
    result.put("own_model_best", own);
    ArrayNode sets = result.putArray("individuality");
    for (Individuality set : evaluation.individuality()) {
      ObjectNode node = sets.addObject().put("images", set.images());
      double rho = Comparison.SPEARMAN.compare(set.models(), set.meg(), NanPolicy.DROP).value();
      JsonNumbers.put(node, "spearman", rho);
      set.permutationP().ifPresent(p -> JsonNumbers.put(node, "permutation_p", p));
      console.out().printf("models and people differ alike, %s: %.3f%n", set.images(), rho);
    }
    if (report != null) {
      EvaluateMegCommand.write(figures(evaluation, config, opened), report);
      result.put("report", report.toString());
    }
    json.tell(result, console);
  }

  private void person(ParticipantsEvaluation evaluation, int p, ObjectNode node) {
    TimeCourse course = evaluation.course(p, p);
    int peak = MegScores.peak(course.values());
    TimeCourse bound = new TimeCourse(course.times(), evaluation.ceiling().lowerEach()[p]);
    String best = evaluation.people().get(evaluation.bestModel(p)).name();
    node.put("participant", evaluation.people().get(p).name());
    JsonNumbers.put(node, "area", course.area());
    JsonNumbers.put(node, "peak", course.values()[peak]);
    JsonNumbers.put(node, "peak_ms", course.times()[peak]);
    JsonNumbers.put(node, "lower_bound_area", bound.area());
    node.put("best_model", best);
    console
        .out()
        .printf(
            ROW,
            evaluation.people().get(p).name(),
            MegScores.text("%.2f", course.area()),
            MegScores.text("%.3f", course.values()[peak]),
            MegScores.text("%.0f", course.times()[peak]),
            MegScores.text("%.2f", bound.area()),
            best);
  }

  private MegReport figures(ParticipantsEvaluation evaluation, MegConfig config, Device opened) {
    List<Fact> facts =
        List.of(
            new Fact("runs", runs.toString()),
            new Fact("model", model.toString()),
            new Fact("targets", target),
            new Fact("preset", noise.beside(config.preset())),
            new Fact("device", opened.description()),
            new Fact("made by", Version.text()));
    return ParticipantsReporting.of(evaluation, things, config.prompts(), facts);
  }
}
