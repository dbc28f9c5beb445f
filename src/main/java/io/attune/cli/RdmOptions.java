package io.attune.cli;

import io.attune.InputException;
import io.attune.data.ConceptList;
import io.attune.data.rdm.ConditionVariances;
import io.attune.data.rdm.OpenRdms;
import io.attune.data.rdm.RdmFile;
import io.attune.rsa.Comparison;
import io.attune.rsa.NanPolicy;
import io.attune.rsa.Rdms;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** How RDM files are read and compared. */
final class RdmOptions {
  /** Two have one pair, which nothing can be told from. */
  private static final int FEWEST = 3;

  /** What every command says of its files. */
  static final String FILES =
      "RDM files are .npy, .h5 (MATLAB 7.3 and rsatoolbox's too), .mat or .csv, square or"
          + " condensed.";

  @Option(
      names = "--method",
      paramLabel = "M",
      defaultValue = "spearman",
      description = {
        "spearman, pearson, cosine, kendall-tau-a, kendall-tau-b, rho-a,",
        "whitened-cosine or whitened-pearson (noise taken to be independent,",
        "and equal for all conditions without --variances); rsatoolbox's",
        "names too",
        "(default: ${DEFAULT-VALUE})."
      })
  private String method;

  @Option(
      names = "--variances",
      paramLabel = "FILE",
      description = {
        "Of the whitened measures: how much noise each condition has, a",
        "vector by the conditions' names (default: all the same)."
      })
  private Path variances;

  @Option(
      names = "--nan",
      paramLabel = "N",
      defaultValue = "error",
      description = "NaN off the diagonal: error, drop or zero (default: ${DEFAULT-VALUE}).")
  private NanPolicy nan;

  @Option(
      names = "--dataset",
      paramLabel = "NAME",
      description = {
        "Dataset of .h5 or variable of .mat (default: dissimilarities,",
        "mat, or the only one)."
      })
  private String dataset;

  @Option(
      names = "--names",
      paramLabel = "FILE",
      description = {
        "Names of conditions, one a line, for files without their own",
        "(FILE.names.txt, CSV header, pattern_descriptors)."
      })
  private Path names;

  @Option(
      names = "--conditions",
      paramLabel = "FILE",
      description = "Use these conditions only, one name a line.")
  private Path conditions;

  @Option(
      names = "--first-ms",
      paramLabel = "MS",
      defaultValue = "-100",
      description = "Time of the first sample (default: ${DEFAULT-VALUE}).")
  private double firstMs;

  @Option(
      names = "--step-ms",
      paramLabel = "MS",
      description = {
        "Between samples; makes a single axis before the RDMs times",
        "(default: a condensed target's own, 5 for 281, 1 for 1101)."
      })
  private Double stepMs;

  Comparison comparison() {
    return Comparison.named(method);
  }

  NanPolicy nan() {
    return nan;
  }

  /** RDMs of a file, conditions chosen, NaN settled. */
  Rdms read(Path file, Console console) {
    return settled(file, new RdmFile(dataset, names, firstMs, stepMs).read(file), console);
  }

  /** As {@link #read}; large files are read while the RDMs are used. */
  OpenRdms open(Path file, Console console) {
    OpenRdms all = new RdmFile(dataset, names, firstMs, stepMs).open(file);
    try {
      return all.with(rdms -> settled(file, rdms, console));
    } catch (RuntimeException e) {
      all.close();
      throw e;
    }
  }

  private Rdms settled(Path file, Rdms rdms, Console console) {
    if (RdmFile.isUnnamed(rdms)) {
      console
          .progress()
          .message(
              file
                  + ": its conditions have no names (--names gives them): they are matched by row");
    }
    Rdms chosen = conditions == null ? rdms : rdms.select(ConceptList.read(conditions));
    if (chosen.conditions() < FEWEST) {
      throw new InputException(
          "%s: %d conditions, expected at least %d"
              .formatted(conditions, chosen.conditions(), FEWEST));
    }
    return weighted(chosen).with(nan);
  }

  private Rdms weighted(Rdms rdms) {
    if (variances == null) {
      return rdms;
    }
    if (!comparison().isWhitened()) {
      throw new InputException(
          "--variances: only whitened-cosine and whitened-pearson take them, not "
              + comparison().label());
    }
    return rdms.withVariances(ConditionVariances.read(variances).of(rdms.names()));
  }

  /** RDMs of all files, labelled by them, matched by condition. */
  OpenRdms open(List<Path> files, Console console) {
    List<OpenRdms> parts = new ArrayList<>();
    try {
      files.forEach(file -> parts.add(open(file, console)));
      return OpenRdms.join(parts);
    } catch (RuntimeException e) {
      parts.forEach(OpenRdms::close);
      throw e;
    }
  }
}
