package io.attune.cli;

import io.attune.InputException;
import io.attune.data.rdm.FeatureRows;
import io.attune.format.AtomicFile;
import io.attune.format.NpyWriter;
import io.attune.rsa.Crossnobis;
import io.attune.rsa.Dissimilarity;
import io.attune.rsa.Rdm;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "rdm",
    description = "Write the RDM of feature rows: float64 [n, n], or condensed.",
    footer = {
      "",
      "Features are [n, k] in .npy, .h5, .mat, .csv or white-space separated .txt; crossnobis",
      "takes [folds, n, channels]. euclidean is with its root; crossnobis is squared, divided",
      "by the number of channels, and may be below 0. FILE.npy.names.txt is written where rows",
      "have names.",
      "",
      "Examples:",
      "  attune rsa rdm --features e.npy --distance correlation --out rdm.npy",
      "  attune rsa rdm --features folds.npy --distance crossnobis --condensed --out rdm.npy"
    })
final class RsaRdmCommand implements Callable<Integer> {
  private enum Distance {
    CORRELATION,
    COSINE,
    EUCLIDEAN,
    CROSSNOBIS
  }

  @Option(
      names = "--features",
      paramLabel = "FILE",
      required = true,
      description = "Feature rows, one a condition.")
  private Path features;

  @Option(
      names = "--distance",
      paramLabel = "D",
      defaultValue = "correlation",
      description = {
        "correlation, cosine, euclidean or crossnobis",
        "(default: ${DEFAULT-VALUE})."
      })
  private Distance distance;

  @Option(
      names = "--precision",
      paramLabel = "FILE",
      description = "Noise precision [channels, channels] of crossnobis (default: identity).")
  private Path precision;

  @Option(names = "--dataset", paramLabel = "NAME", description = "Dataset of .h5 or .mat.")
  private String dataset;

  @Option(
      names = "--names",
      paramLabel = "FILE",
      description = "Names of the rows, one a line, for a file without its own.")
  private Path names;

  @Option(names = "--condensed", description = "Write the upper triangle only, row by row.")
  private boolean condensed;

  @Option(
      names = "--out",
      paramLabel = "FILE.npy",
      required = true,
      converter = NpyPathConverter.class,
      description = "File to write.")
  private Path out;

  private final Console console;

  RsaRdmCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    OutputFile.require(out, Arrays.asList(features, precision, names));
    FeatureRows rows = FeatureRows.read(features, dataset, names);
    Rdm rdm = rdm(rows);
    int n = rdm.size();
    if (rdm.hasNan()) {
      long unlike = Arrays.stream(rdm.condensed()).filter(Double::isNaN).count();
      console
          .progress()
          .message(
              "%s: %d of %d pairs are NaN, of rows without variance or length"
                  .formatted(features, unlike, rdm.condensed().length));
    }
    writeNames(rdm);
    if (condensed) {
      double[] values = rdm.condensed();
      NpyWriter.write(out, Shape.of(values.length), values);
    } else {
      double[] values = Arrays.stream(rdm.square()).flatMapToDouble(Arrays::stream).toArray();
      NpyWriter.write(out, Shape.of(n, n), values);
    }
    console.out().println(out);
    return 0;
  }

  /** Those of an earlier RDM under this name must not be taken for this one's. */
  private void writeNames(Rdm rdm) {
    Path file = out.resolveSibling(out.getFileName() + ".names.txt");
    if (!rdm.names().getFirst().equals("row 1")) {
      AtomicFile.writeText(file, String.join("\n", rdm.names()) + "\n");
      return;
    }
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new InputException("%s: cannot be removed: %s".formatted(file, e), e);
    }
  }

  private Rdm rdm(FeatureRows rows) {
    if (distance == Distance.CROSSNOBIS) {
      double[][] noise =
          precision == null ? null : FeatureRows.read(precision, null, null).folds()[0];
      return Crossnobis.of(rows.names(), rows.folds(), noise);
    }
    if (precision != null) {
      throw new InputException("--precision goes with --distance crossnobis only");
    }
    if (rows.folds().length > 1) {
      throw new InputException(
          "%s: %d folds, which only --distance crossnobis takes"
              .formatted(features, rows.folds().length));
    }
    return Rdm.ofFeatures(rows.names(), rows.folds()[0], Dissimilarity.valueOf(distance.name()));
  }
}
