package io.attune.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.InputException;
import io.attune.data.rdm.Columns;
import io.attune.data.rdm.OpenRdms;
import io.attune.rsa.Bootstrap;
import io.attune.rsa.Distribution;
import io.attune.rsa.FalseDiscovery;
import io.attune.rsa.Permutation;
import io.attune.rsa.Rdms;
import io.attune.rsa.SignFlip;
import io.attune.rsa.Similarity;
import io.attune.rsa.TimeCourse;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "timecourse",
    description = "Models' RDMs against participants' RDMs, time by time.",
    footer = {
      "",
      RdmOptions.FILES,
      "A model is one RDM, or one for each time of the participants'. Writes a CSV with a line",
      "for each time: the mean over participants of each model, named by its file; with --each",
      "every participant; --bootstrap N adds standard_error, low and high (percentiles 2.5 and",
      "97.5), --permutations N adds p (labels shuffled, one-sided) and q (false discovery rate",
      "over time, Benjamini-Hochberg), --sign-flips N adds flip_p and flip_q: whether the mean",
      "over people is above 0, signs of people's courses flipped, one-sided; all 2^n choices of",
      "signs where N reaches them, at least 5 people for p below 0.05. Prints each model's area",
      "from --from to --to by trapezoids and its peak as one line of JSON. Files of more than 256"
          + " MB",
      "are read one RDM at a time, again for each test: 31 GB pass through a heap of 4 GB.",
      "",
      "Examples:",
      "  attune rsa timecourse --model clip.npy --rdms meg.npy --step-ms 5 --out course.csv",
      "  attune rsa timecourse --model behavior.npy meg.npy --rdms group.npy --to 600 \\",
      "    --permutations 1000 --out course.csv"
    })
final class RsaTimecourseCommand implements Callable<Integer> {
  @Option(
      names = "--model",
      paramLabel = "FILE",
      required = true,
      arity = "1..*",
      description = "Models' RDMs.")
  private List<Path> models;

  @Option(
      names = "--rdms",
      paramLabel = "FILE",
      required = true,
      arity = "1..*",
      description = "Participants' RDMs over time.")
  private List<Path> files;

  @Option(names = "--out", paramLabel = "FILE.csv", required = true, description = "File to write.")
  private Path out;

  @Option(
      names = "--from",
      paramLabel = "MS",
      defaultValue = "0",
      description = "Area from here (default: ${DEFAULT-VALUE}).")
  private double from;

  @Option(names = "--to", paramLabel = "MS", description = "Area to here (default: the end).")
  private Double to;

  @Option(names = "--each", description = "Write every participant's course too.")
  private boolean each;

  @Option(
      names = "--permutations",
      paramLabel = "N",
      description = "Test against N shuffles of the models' conditions.")
  private Integer shuffles;

  @Option(
      names = "--sign-flips",
      paramLabel = "N",
      description = "Test the mean over participants against N flips of their signs.")
  private Integer flips;

  @Mixin private RdmOptions options;
  @Mixin private InferenceOptions inference;
  @Mixin private JsonResult json;

  private final Console console;

  RsaTimecourseCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    List<Path> inputs = Stream.concat(models.stream(), files.stream()).toList();
    json.check(inputs, out);
    OutputFile.require(out, inputs);
    Bootstrap bootstrap = inference.bootstrap();
    Permutation permutation = inference.permutation(shuffles);
    SignFlip signs = inference.signFlip(flips);
    try (OpenRdms data = options.open(files, console)) {
      tell(data.rdms(), bootstrap, permutation, signs);
    }
    return 0;
  }

  private void tell(Rdms data, Bootstrap bootstrap, Permutation permutation, SignFlip signs) {
    if (!data.hasTimes()) {
      throw new InputException(
          files.getFirst() + ": RDMs without times; --step-ms gives them, rsa compare needs none");
    }
    if (signs != null && data.labels().size() < 2) {
      throw new InputException(
          files.getFirst() + ": --sign-flips needs RDMs of at least 2 participants, found 1");
    }
    requireSamples(data.times());
    Columns columns = new Columns().add("time_ms", data.times());
    ArrayNode told = JsonNodeFactory.instance.arrayNode();
    for (Path file : models) {
      try (OpenRdms opened = options.open(file, console)) {
        Rdms model = opened.rdms();
        Similarity similarity = Similarity.of(model, data, options.comparison());
        Distribution[] drawn =
            bootstrap == null ? null : bootstrap.similarity(model, data, options.comparison());
        double[][] p =
            permutation == null ? null : permutation.test(model, data, options.comparison());
        for (int m = 0; m < model.labels().size(); m++) {
          String name = model.labels().get(m);
          columns.add(name, similarity.mean(m));
          for (int person = 0; each && person < data.labels().size(); person++) {
            columns.add(name + ":" + data.labels().get(person), similarity.values()[m][person]);
          }
          if (drawn != null) {
            Bands.add(columns, name, drawn[m]);
          }
          if (p != null) {
            columns.add(name + "_p", p[m]).add(name + "_q", FalseDiscovery.adjust(p[m]));
          }
          if (signs != null) {
            double[] flipped = signs.test(similarity.values()[m]);
            columns.add(name + "_flip_p", flipped);
            columns.add(name + "_flip_q", FalseDiscovery.adjust(flipped));
          }
          told.add(summary(name, similarity.course(m)));
        }
      }
    }
    columns.write(out);
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    result.put("method", options.comparison().label());
    result.put("participants", data.labels().size());
    result.set("models", told);
    json.tell(result, console);
  }

  private double end() {
    return to == null ? Double.POSITIVE_INFINITY : to;
  }

  /** Areas that cannot be had are told of before anything is computed. */
  private void requireSamples(double[] times) {
    if (Arrays.stream(times).noneMatch(ms -> ms >= from && ms <= end())) {
      throw new InputException(
          "--from %s%s: no sample there, there are %d from %s to %s ms"
              .formatted(
                  from,
                  to == null ? "" : " --to " + to,
                  times.length,
                  times[0],
                  times[times.length - 1]));
    }
  }

  private ObjectNode summary(String name, TimeCourse course) {
    ObjectNode node = JsonNodeFactory.instance.objectNode();
    node.put("model", name);
    boolean defined = Arrays.stream(course.values()).anyMatch(value -> !Double.isNaN(value));
    JsonNumbers.put(node, "area", defined ? course.area(from, end()) : Double.NaN);
    int peak = 0;
    for (int t = 1; t < course.values().length; t++) {
      boolean higher = course.values()[t] > course.values()[peak];
      peak = higher || Double.isNaN(course.values()[peak]) ? t : peak;
    }
    JsonNumbers.put(node, "peak", course.values()[peak]);
    JsonNumbers.put(node, "peak_ms", defined ? course.times()[peak] : Double.NaN);
    return node;
  }
}
