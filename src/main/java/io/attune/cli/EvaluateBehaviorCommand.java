package io.attune.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.clip.ClipModel;
import io.attune.clip.Preprocessing;
import io.attune.clip.Tokenizer;
import io.attune.data.Things;
import io.attune.device.Device;
import io.attune.format.AtomicFile;
import io.attune.hba.Prompts;
import io.attune.rsa.Dissimilarity;
import io.attune.train.AdapterWeights;
import io.attune.train.BehaviorConfig;
import io.attune.train.BehaviorEvaluation;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "behavior",
    description = "Score a model against people's judgements of the held-out objects.",
    footer = {
      "",
      "Prints spearman, p_value and pairs as one line of JSON. With --adapter, prompts and",
      "preprocessing are the run's.",
      "",
      "Example:",
      "  attune evaluate behavior --model weights/clip-tiny --adapter runs/b2 --things things"
    })
final class EvaluateBehaviorCommand implements Callable<Integer> {
  private static final String ACCEPTED = "finetune " + BehaviorConfig.STAGE;

  /** How the model's outputs for two objects are compared. */
  enum Metric {
    PEARSON,
    COSINE;

    Dissimilarity dissimilarity() {
      return this == COSINE ? Dissimilarity.COSINE : Dissimilarity.CORRELATION;
    }
  }

  @Option(names = "--model", paramLabel = "DIR", required = true, description = "Model folder.")
  private Path model;

  @Option(
      names = "--things",
      paramLabel = "DIR",
      required = true,
      description = "THINGS folder with words48.mat, RDM48_triplet.mat and images.")
  private Path things;

  @Option(
      names = "--metric",
      paramLabel = "M",
      defaultValue = "pearson",
      description = "1 - pearson or 1 - cosine of two outputs (default: ${DEFAULT-VALUE}).")
  private Metric metric;

  @Option(
      names = "--preprocess",
      paramLabel = "P",
      description = "paper or clip (default: the run's, else paper).")
  private Preprocessing preprocessing;

  @Option(
      names = "--prompts",
      paramLabel = "FILE",
      description = "One prompt a dimension, a line each (default: the run's, else the paper's).")
  private Path prompts;

  @Option(names = "--json", paramLabel = "F", description = "Write the result to a file too.")
  private Path json;

  @Mixin private AdapterOption adapter;
  @Mixin private DeviceOption device;

  private final Console console;

  EvaluateBehaviorCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    if (json != null) {
      AtomicFile.requireWritable(json);
    }
    Things data = Things.open(things);
    AdapterWeights weights = adapter.run(ACCEPTED);
    try (Device opened = device.open(console.progress());
        ClipModel clip = ClipModel.open(model, opened)) {
      adapter.applyTo(clip, ACCEPTED);
      BehaviorEvaluation evaluation =
          BehaviorEvaluation.of(
              clip,
              data,
              prompts(weights),
              Tokenizer.load(model),
              preprocessing(weights).forModel(model, clip.config()),
              metric.dissimilarity(),
              console.progress());
      ObjectNode result = JsonNodeFactory.instance.objectNode();
      JsonNumbers.put(result, "spearman", evaluation.spearman());
      JsonNumbers.put(result, "p_value", evaluation.pValue());
      result.put("pairs", evaluation.pairs());
      console.out().println(result);
      if (json != null) {
        AtomicFile.writeText(json, result + "\n");
      }
    }
    return 0;
  }

  private Prompts prompts(AdapterWeights weights) {
    if (prompts != null) {
      return Prompts.read(prompts);
    }
    return weights == null ? Prompts.paper() : new Prompts(weights.config().prompts());
  }

  private Preprocessing preprocessing(AdapterWeights weights) {
    if (preprocessing != null) {
      return preprocessing;
    }
    return weights == null
        ? Preprocessing.PAPER
        : Preprocessing.valueOf(weights.config().preprocess().toUpperCase(Locale.ROOT));
  }
}
