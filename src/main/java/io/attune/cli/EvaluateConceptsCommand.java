package io.attune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.clip.ClipModel;
import io.attune.clip.Preprocessing;
import io.attune.clip.Tokenizer;
import io.attune.data.Split;
import io.attune.data.Things;
import io.attune.device.Device;
import io.attune.format.AtomicFile;
import io.attune.hba.Prompts;
import io.attune.report.ConceptsPage;
import io.attune.report.ConceptsReport;
import io.attune.report.Fact;
import io.attune.train.AdapterWeights;
import io.attune.train.BehaviorConfig;
import io.attune.train.BehaviorEvaluation;
import io.attune.train.RunFolder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "concepts",
    description = "Alignment with people against the number of concepts that runs were tuned on.",
    footer = {
      "",
      "Scores the model as it is and each run of 'finetune behavior', best with --concepts N and",
      "all else alike, on the held-out objects. Prints a table and, last, one line of JSON; the",
      "page draws the curve beside the line of the untuned model, and its data are a CSV.",
      "",
      "Example:",
      "  for n in 10 100 1000; do attune finetune behavior --model M --things THINGS \\",
      "    --concepts $n --out runs/n$n; done",
      "  attune evaluate concepts --model M --things THINGS --runs runs/n10 runs/n100 runs/n1000"
          + " \\",
      "    --report concepts.html"
    })
final class EvaluateConceptsCommand implements Callable<Integer> {
  private static final String ROW = "%-40s %9s %9s%n";

  @Option(names = "--model", paramLabel = "DIR", required = true, description = "Model folder.")
  private Path model;

  @Option(
      names = "--things",
      paramLabel = "DIR",
      required = true,
      description = "THINGS folder with words48.mat, RDM48_triplet.mat and images.")
  private Path things;

  @Option(
      names = "--runs",
      paramLabel = "RUN",
      required = true,
      arity = "1..*",
      description = "Runs of 'finetune behavior'.")
  private List<Path> runs;

  @Option(
      names = "--metric",
      paramLabel = "M",
      defaultValue = "pearson",
      description = "1 - pearson or 1 - cosine of two outputs (default: ${DEFAULT-VALUE}).")
  private EvaluateBehaviorCommand.Metric metric;

  @Option(
      names = "--report",
      paramLabel = "FILE.html",
      converter = HtmlPathConverter.class,
      description = "Page to write.")
  private Path report;

  @Mixin private JsonResult json;
  @Mixin private DeviceOption device;

  private final Console console;

  EvaluateConceptsCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    json.check(List.of(), report);
    if (report != null) {
      AtomicFile.requireWritable(report);
    }
    Things data = Things.open(things);
    List<ConceptsReport.Run> scored = new ArrayList<>();
    try (Device opened = device.open(console.progress())) {
      BehaviorConfig first = AdapterWeights.of(runs.getFirst()).config();
      double plain = score(opened, data, null, first);
      for (Path run : runs) {
        AdapterWeights weights = AdapterWeights.of(run);
        Split split = Split.read(run.resolve(RunFolder.SPLIT));
        int concepts = split.train().size() + split.validation().size();
        double spearman = score(opened, data, weights, weights.config());
        scored.add(new ConceptsReport.Run(run.getFileName().toString(), concepts, spearman));
      }
      tell(plain, scored, opened);
    }
    return 0;
  }

  /** Spearman's rho on the held-out objects, of the model as it is where there are no weights. */
  private double score(Device opened, Things data, AdapterWeights weights, BehaviorConfig config) {
    try (ClipModel clip = ClipModel.open(model, opened)) {
      if (weights != null) {
        weights.mergeInto(opened, clip.clip());
      }
      return BehaviorEvaluation.of(
              clip,
              data,
              new Prompts(config.prompts()),
              Tokenizer.load(model),
              Preprocessing.valueOf(config.preprocess().toUpperCase(Locale.ROOT))
                  .forModel(model, clip.config()),
              metric.dissimilarity(),
              console.progress())
          .spearman();
    }
  }

  private void tell(double plain, List<ConceptsReport.Run> scored, Device opened) {
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    JsonNumbers.put(result, "plain", plain);
    ArrayNode each = result.putArray("runs");
    console.out().printf(ROW, "run", "concepts", "Spearman");
    console.out().printf(ROW, "CLIP", 0, MegScores.text("%.3f", plain));
    for (ConceptsReport.Run run : scored) {
      ObjectNode node = each.addObject().put("run", run.name()).put("concepts", run.concepts());
      JsonNumbers.put(node, "spearman", run.spearman());
      console.out().printf(ROW, run.name(), run.concepts(), MegScores.text("%.3f", run.spearman()));
    }
    if (report != null) {
      List<Fact> facts =
          List.of(
              new Fact("model", model.toString()),
              new Fact("data", things.toString()),
              new Fact("dissimilarity", "1 - " + metric.name().toLowerCase(Locale.ROOT)),
              new Fact("device", opened.description()),
              new Fact("made by", Version.text()));
      EvaluateMegCommand.write(
          name -> ConceptsPage.render(name, new ConceptsReport(facts, plain, scored)), report);
      result.put("report", report.toString());
    }
    json.tell(result, console);
  }
}
