package io.attune.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.InputException;
import io.attune.data.Things;
import io.attune.data.meg.MegTarget;
import io.attune.data.rdm.RdmFile;
import io.attune.device.Device;
import io.attune.format.AtomicFile;
import io.attune.report.Fact;
import io.attune.report.MegPage;
import io.attune.report.MegReport;
import io.attune.report.Page;
import io.attune.rsa.Permutation;
import io.attune.rsa.Rdm;
import io.attune.rsa.Rdms;
import io.attune.rsa.TimeCourse;
import io.attune.train.MegConfig;
import io.attune.train.MegEvaluation;
import io.attune.train.MegEvaluation.Participant;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "meg",
    description = "Score a group's MEG model on concepts that it was not trained on.",
    footer = {
      "",
      "Spearman correlations over time between the dissimilarities of the model and of MEG, beside",
      "those of plain CLIP and of the run of stage 1 the model was trained with. With"
          + " participants'",
      "targets also the noise ceiling, whose lower bound leaves one out, and means over",
      "participants, which alone compare with it. Areas are from 0 ms, in rho times ms.",
      "Times at which a course is above chance are marked: shuffled concepts, one-sided, at a"
          + " false",
      "discovery rate of 0.05 over times (Benjamini-Hochberg).",
      "Prints a table and, last, one line of JSON. The page holds these courses, the bars against",
      "people's judgements, layer weights, generalisation over time and the RDMs as a movie; the",
      "data of its figures are written beside it as CSV.",
      "",
      "Examples:",
      "  attune evaluate meg --run runs/m1 --target group.npy --things THINGS \\",
      "    --model clip-vit-large-patch14 --report meg.html",
      "  attune evaluate meg --run runs/m1 --target group.npy --things THINGS --model M \\",
      "    --participant-targets group-{p}.npy --concepts held-out"
    })
final class EvaluateMegCommand implements Callable<Integer> {
  /** Which concepts are scored. */
  private enum Concepts {
    HELD_OUT,
    VALIDATION,
    BOTH;

    /** As the option has it. */
    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  @Option(
      names = "--run",
      paramLabel = "RUN",
      required = true,
      description = "Run of 'finetune meg'.")
  private Path run;

  @Option(
      names = {"--target", "--meg"},
      paramLabel = "FILE",
      required = true,
      description = "What 'data meg-condense' wrote.")
  private Path target;

  @Option(
      names = "--things",
      paramLabel = "DIR",
      required = true,
      description = "THINGS folder, whose images bear the target's names.")
  private Path things;

  @Option(names = "--model", paramLabel = "DIR", required = true, description = "Model folder.")
  private Path model;

  @Option(
      names = "--measured",
      paramLabel = "FILE",
      description = {
        "RDM of people's judgements; without names its rows are the",
        "THINGS folder's held-out objects (default: those of the THINGS folder)."
      })
  private Path measured;

  @Option(
      names = "--participant-targets",
      paramLabel = "FILE",
      description = {
        "Targets of the group's participants, of the same concepts; {p} stands",
        "for the number ('data meg-condense --participant all')."
      })
  private String participantTargets;

  @Option(
      names = "--participants",
      paramLabel = "P",
      defaultValue = "all",
      description = "all that have a target, or numbers such as 1,2 (default: ${DEFAULT-VALUE}).")
  private String participants;

  @Option(
      names = "--concepts",
      paramLabel = "C",
      defaultValue = "both",
      description = "held-out, validation or both (default: ${DEFAULT-VALUE}).")
  private Concepts concepts;

  @Option(
      names = "--permutations",
      paramLabel = "N",
      defaultValue = "1000",
      description = {
        "Test each course against N shuffles of concepts, 0 for no test",
        "(default: ${DEFAULT-VALUE})."
      })
  private int permutations;

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

  EvaluateMegCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    json.check(Arrays.asList(target, measured), report);
    if (permutations < 0) {
      throw new InputException("--permutations: expected 0 or more, found " + permutations);
    }
    if (report != null) {
      AtomicFile.requireWritable(report);
    }
    MegConfig config = MegConfig.read(run);
    if (!config.stage().equals("meg")) {
      throw new InputException(run + ": a participant's run - evaluate participants scores it");
    }
    List<Participant> people = new ArrayList<>();
    try (Device opened = device.open(console.progress());
        MegTarget group = MegTarget.open(target)) {
      open(people);
      MegEvaluation evaluation =
          MegEvaluation.of(request(), group, people, opened, console.progress());
      tell(evaluation, facts(config, opened));
    } finally {
      people.forEach(person -> person.target().close());
    }
    return 0;
  }

  private void open(List<Participant> people) {
    if (participantTargets != null) {
      ParticipantTargets files = new ParticipantTargets(participantTargets);
      for (int number : files.chosen(participants)) {
        people.add(new Participant("participant " + number, MegTarget.open(files.of(number))));
      }
    }
  }

  private MegEvaluation.Request request() {
    return new MegEvaluation.Request(
        model,
        things,
        run,
        concepts != Concepts.VALIDATION,
        concepts != Concepts.HELD_OUT,
        judgements(),
        noise.seed());
  }

  private Optional<Rdm> judgements() {
    Things source = Things.open(things);
    if (measured == null) {
      return source.hasHeldOut() ? Optional.of(source.measured()) : Optional.empty();
    }
    Rdms read = RdmFile.plain(null, null).read(measured);
    if (read.labels().size() != 1 || read.hasTimes()) {
      throw new InputException(
          "%s: %d RDMs, expected one of people's judgements"
              .formatted(measured, read.labels().size() * read.steps()));
    }
    Rdm rdm = read.rdm(0, 0);
    if (!RdmFile.isUnnamed(read)) {
      return Optional.of(rdm);
    }
    if (!source.hasHeldOut() || source.heldOut().size() != rdm.size()) {
      throw new InputException(
          "%s: %d conditions without names, and %s has %d held-out objects - write %s.names.txt"
              .formatted(
                  measured,
                  rdm.size(),
                  things,
                  source.hasHeldOut() ? source.heldOut().size() : 0,
                  measured.getFileName()));
    }
    return Optional.of(Rdm.ofCondensed(source.heldOut(), rdm.condensed()));
  }

  private void tell(MegEvaluation evaluation, List<Fact> facts) {
    Optional<Permutation> shuffles =
        permutations == 0 ? Optional.empty() : Optional.of(new Permutation(permutations, 1));
    MegReport figures = MegReporting.of(evaluation, facts, shuffles);
    MegScores.print(figures.alignment(), console.out());
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    noise.seed().ifPresent(seed -> result.put("noise", seed));
    result.set("alignment", MegScores.json(figures.alignment()));
    evaluation.behavior().ifPresent(course -> behavior(result.putObject("behavior"), course));
    if (report != null) {
      write(figures, report);
      result.put("report", report.toString());
    }
    json.tell(result, console);
  }

  private void behavior(ObjectNode node, TimeCourse course) {
    int peak = MegScores.peak(course.values());
    JsonNumbers.put(node, "peak", course.values()[peak]);
    JsonNumbers.put(node, "peak_ms", course.times()[peak]);
    console
        .out()
        .printf(
            "judgements: highest Spearman %.3f at %.0f ms%n",
            course.values()[peak], course.times()[peak]);
  }

  private List<Fact> facts(MegConfig config, Device opened) {
    return List.of(
        new Fact("run", run.toString()),
        new Fact("model", model.toString()),
        new Fact("target", target.toString()),
        new Fact("preset", noise.beside(config.preset())),
        new Fact("device", opened.description()),
        new Fact("made by", Version.text()));
  }

  /** Writes a report's page, and its tables beside it; each file whole or not at all. */
  static void write(MegReport figures, Path file) {
    write(name -> MegPage.render(name, figures), file);
  }

  /** As the other, of a page that is rendered under the file's name. */
  static void write(Function<String, Page> render, Path file) {
    Page page = render.apply(file.getFileName().toString().replaceFirst("[.]html$", ""));
    page.tables().forEach((table, csv) -> AtomicFile.writeText(file.resolveSibling(table), csv));
    AtomicFile.writeText(file, page.html());
  }
}
