package io.attune.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.InputException;
import io.attune.data.rdm.FeatureRows;
import io.attune.data.rdm.TripletFile;
import io.attune.rsa.OddOneOut;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "triplets",
    description = "How often features find the odd one of three as people do.",
    footer = {
      "",
      "Triplets are lines of three rows, the odd one last: numbers from 0 or names. THINGS",
      "numbers concepts as they were collected: give its sortind.mat. Prints accuracy, score,",
      "which is (accuracy - 1/3) / (ceiling - 1/3), ceiling and triplets as one line of JSON.",
      "Pairs equally similar share a choice.",
      "",
      "Examples:",
      "  attune rsa triplets --features spose_embedding_66d_sorted.txt --sortind sortind.mat \\",
      "    --triplets validationset.txt",
      "  attune rsa triplets --features e.npy --measure cosine --triplets triplets.txt"
    })
final class RsaTripletsCommand implements Callable<Integer> {
  @Option(
      names = "--features",
      paramLabel = "FILE",
      required = true,
      description = "Feature rows: .npy, .h5, .mat, .csv or white-space separated .txt.")
  private Path features;

  @Option(
      names = "--triplets",
      paramLabel = "FILE",
      required = true,
      description = "Triplets, a line each, the odd one last.")
  private Path triplets;

  @Option(
      names = "--sortind",
      paramLabel = "FILE.mat",
      description = "By which number, from 1, the triplets call each row.")
  private Path sortind;

  @Option(
      names = "--measure",
      paramLabel = "M",
      defaultValue = "dot",
      description = "dot, cosine, correlation or euclidean (default: ${DEFAULT-VALUE}).")
  private OddOneOut.Measure measure;

  @Option(
      names = "--ceiling",
      paramLabel = "C",
      defaultValue = "" + OddOneOut.THINGS_CEILING,
      description = "Accuracy that people's consistency allows (default: ${DEFAULT-VALUE}).")
  private double ceiling;

  @Option(names = "--dataset", paramLabel = "NAME", description = "Dataset of .h5 or .mat.")
  private String dataset;

  @Option(
      names = "--names",
      paramLabel = "FILE",
      description = "Names of the rows, one a line, for a file without its own.")
  private Path names;

  @Mixin private JsonResult json;

  private final Console console;

  RsaTripletsCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    json.check(Arrays.asList(features, triplets, sortind, names));
    FeatureRows rows = FeatureRows.read(features, dataset, names);
    if (rows.folds().length > 1) {
      throw new InputException(
          "%s: %d folds, expected features [n, k]".formatted(features, rows.folds().length));
    }
    int n = rows.names().size();
    int[] collected = sortind == null ? null : TripletFile.collected(sortind, n);
    int[][] read = TripletFile.read(triplets, rows.names(), collected);
    OddOneOut found = OddOneOut.of(rows.names(), rows.folds()[0], read, measure, ceiling);
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    JsonNumbers.put(result, "accuracy", found.accuracy());
    JsonNumbers.put(result, "score", found.score());
    JsonNumbers.put(result, "ceiling", found.ceiling());
    result.put("triplets", found.triplets());
    json.tell(result, console);
    return 0;
  }
}
