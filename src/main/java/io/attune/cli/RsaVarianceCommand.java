package io.attune.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.InputException;
import io.attune.data.rdm.OpenRdms;
import io.attune.rsa.ModelVariance;
import io.attune.rsa.Rdms;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "variance",
    description = "What several model RDMs explain of an RDM together, and each alone.",
    footer = {
      "",
      RdmOptions.FILES,
      "By regression of the entries (--method pearson) or their ranks (spearman). Prints",
      "explained (R^2 of all models) and for each model partial (its correlation with the RDM,",
      "the other models held constant), unique (R^2 lost without it) and weight as one line of",
      "JSON.",
      "",
      "Example:",
      "  attune rsa variance --model clip.npy behavior.npy --rdm people.npy"
    })
final class RsaVarianceCommand implements Callable<Integer> {
  @Option(
      names = "--model",
      paramLabel = "FILE",
      required = true,
      arity = "1..*",
      description = "Models' RDMs.")
  private List<Path> models;

  @Option(names = "--rdm", paramLabel = "FILE", required = true, description = "RDM to explain.")
  private Path rdm;

  @Mixin private RdmOptions options;
  @Mixin private JsonResult json;

  private final Console console;

  RsaVarianceCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    json.check(Stream.concat(Stream.of(rdm), models.stream()).toList());
    Rdms data = options.read(rdm, console);
    if (data.labels().size() > 1 || data.hasTimes()) {
      throw new InputException("%s: holds several RDMs, expected one".formatted(rdm));
    }
    ModelVariance variance;
    try (OpenRdms opened = options.open(models, console)) {
      variance =
          ModelVariance.of(opened.rdms(), data.rdm(0, 0), options.comparison(), options.nan());
    }
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    result.put("method", options.comparison().label());
    JsonNumbers.put(result, "explained", variance.explained());
    for (int m = 0; m < variance.models().size(); m++) {
      ObjectNode model = result.withArray("models").addObject();
      model.put("model", variance.models().get(m));
      JsonNumbers.put(model, "partial", variance.partial()[m]);
      JsonNumbers.put(model, "unique", variance.unique()[m]);
      JsonNumbers.put(model, "weight", variance.weights()[m]);
    }
    json.tell(result, console);
    return 0;
  }
}
