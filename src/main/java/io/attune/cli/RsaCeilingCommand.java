package io.attune.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.data.rdm.Columns;
import io.attune.data.rdm.OpenRdms;
import io.attune.rsa.Bootstrap;
import io.attune.rsa.Distribution;
import io.attune.rsa.NoiseCeiling;
import io.attune.rsa.Pooling;
import io.attune.rsa.Rdms;
import io.attune.rsa.TimeCourse;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "ceiling",
    description = "The noise ceiling of participants' RDMs: lower (leave-one-out) and upper bound.",
    footer = {
      "",
      RdmOptions.FILES,
      "One file of several participants, or several files. Prints one line of JSON: lower and",
      "upper, or over time their areas from 0 ms by trapezoids; --out writes a CSV with a line",
      "for each time. --pool mean averages the others' RDMs as they are; matched averages them",
      "on the scale of the method, as rsatoolbox does.",
      "",
      "Examples:",
      "  attune rsa ceiling --rdms participants.npy",
      "  attune rsa ceiling --rdms meg.npy --step-ms 5 --bootstrap 1000 --out ceiling.csv"
    })
final class RsaCeilingCommand implements Callable<Integer> {
  @Option(
      names = "--rdms",
      paramLabel = "FILE",
      required = true,
      arity = "1..*",
      description = "Participants' RDMs.")
  private List<Path> files;

  @Option(
      names = "--pool",
      paramLabel = "P",
      defaultValue = "mean",
      description = "mean or matched (default: ${DEFAULT-VALUE}).")
  private Pooling pooling;

  @Option(names = "--out", paramLabel = "FILE.csv", description = "Write the bounds as CSV.")
  private Path out;

  @Mixin private RdmOptions options;
  @Mixin private InferenceOptions inference;
  @Mixin private JsonResult json;

  private final Console console;

  RsaCeilingCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    json.check(files, out);
    if (out != null) {
      OutputFile.require(out, files);
    }
    Bootstrap bootstrap = inference.bootstrap();
    try (OpenRdms data = options.open(files, console)) {
      tell(data.rdms(), bootstrap);
    }
    return 0;
  }

  private void tell(Rdms data, Bootstrap bootstrap) {
    NoiseCeiling ceiling = NoiseCeiling.of(data, options.comparison(), pooling);
    Columns columns = new Columns();
    if (data.hasTimes()) {
      columns.add("time_ms", data.times());
    }
    columns.add("lower", ceiling.lower()).add("upper", ceiling.upper());
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    result.put("method", options.comparison().label());
    result.put("participants", data.labels().size());
    if (data.hasTimes()) {
      JsonNumbers.put(result, "lower_area", area(data.times(), ceiling.lower()));
      JsonNumbers.put(result, "upper_area", area(data.times(), ceiling.upper()));
    } else {
      JsonNumbers.put(result, "lower", ceiling.lower()[0]);
      JsonNumbers.put(result, "upper", ceiling.upper()[0]);
    }
    if (bootstrap != null) {
      Distribution[] drawn = bootstrap.ceiling(data, options.comparison(), pooling);
      Bands.add(columns, "lower", drawn[0]);
      Bands.add(columns, "upper", drawn[1]);
      if (!data.hasTimes()) {
        Bands.put(result, "lower", drawn[0]);
        Bands.put(result, "upper", drawn[1]);
      }
    }
    if (out != null) {
      columns.write(out);
    }
    json.tell(result, console);
  }

  /** From 0 ms; NaN where nothing was sampled from then on. */
  private static double area(double[] times, double[] values) {
    return times[times.length - 1] < 0 ? Double.NaN : new TimeCourse(times, values).area();
  }
}
