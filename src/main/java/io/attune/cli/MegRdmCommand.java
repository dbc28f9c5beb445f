package io.attune.cli;

import io.attune.InputException;
import io.attune.data.ConceptList;
import io.attune.data.ConceptOrder;
import io.attune.data.ThingsFiles;
import io.attune.data.meg.EpochMeasure;
import io.attune.data.meg.EpochRdms;
import io.attune.data.meg.EpochRequest;
import io.attune.rsa.Shrinkage;
import io.attune.tensor.DType;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "meg-rdm",
    description = "Compute RDMs over time from one person's epochs.",
    footer = {
      "",
      "Epochs are (trials, channels, samples), exported from MNE as HDF5 or .npy;"
          + " docs/meg-export.md",
      "has the recipe. Writes (samples, n, n) with a diagonal of 0, which data meg-condense reads,",
      "OUT.names.txt (names of the rows) and OUT.json.",
      "",
      "Measures:",
      "  lda          accuracy, 0..1, of telling two conditions apart by linear discriminant",
      "               analysis with a shrunk covariance, leaving one session out at a time",
      "  correlation  1 - Pearson's r of the conditions' mean patterns",
      "  euclidean    distance of the mean patterns, with its root",
      "  crossnobis   cross-validated over sessions, noise-normalised, squared (no root is taken:",
      "               values below 0 are right), divided by the number of channels",
      "",
      "Cost of lda: samples x (trials^2 x channels / 2 + pairs x sessions x m^3 / 6 or more), m"
          + " being",
      "the training trials of a pair. One person of the full THINGS-MEG (22,248 trials, 271"
          + " channels,",
      "281 samples, 1,854 conditions) takes about 5 hours of one core by lda, half an hour by"
          + " crossnobis,",
      "minutes by the others (extrapolated from 400 and 800 conditions); twice the conditions,"
          + " four",
      "times as long. After kill -9 the same command goes on where it was and ends with the same"
          + " bits.",
      "",
      "Examples:",
      "  attune data meg-rdm --epochs sub-01.h5 --measure lda --out sub-01-rdm.npy",
      "  attune data meg-rdm --epochs sub-01.npy --conditions conditions.txt \\",
      "    --sessions sessions.txt --measure crossnobis --out sub-01-rdm.h5",
      "  attune data meg-condense --meg sub-01-rdm.npy --names sub-01-rdm.npy.names.txt \\",
      "    --out sub-01.npy"
    })
final class MegRdmCommand implements Callable<Integer> {
  @Option(
      names = "--epochs",
      paramLabel = "FILE",
      required = true,
      description = "Epochs: HDF5 or .npy.")
  private Path epochs;

  @Option(
      names = "--dataset",
      paramLabel = "NAME",
      description = "Dataset of an HDF5 file (default: epochs, or the only one of three axes).")
  private String dataset;

  @Option(
      names = "--conditions",
      paramLabel = "FILE",
      description = {
        "Condition of each trial: text, one a line, or .npy of whole numbers",
        "(default: the dataset conditions of the HDF5 file)."
      })
  private Path conditions;

  @Option(
      names = "--sessions",
      paramLabel = "FILE",
      description = "Session of each trial, likewise (lda and crossnobis).")
  private Path sessions;

  @Option(
      names = "--measure",
      paramLabel = "M",
      required = true,
      description = "lda, correlation, euclidean or crossnobis.")
  private EpochMeasure measure;

  @Option(
      names = "--shrinkage",
      paramLabel = "S",
      defaultValue = "auto",
      description = {
        "Of the covariance S toward its mean variance: auto (Ledoit and",
        "Wolf's) or L from 1e-6 to 1: (1 - L) S + L tr(S)/p I",
        "(default: ${DEFAULT-VALUE})."
      })
  private String shrinkage;

  @ArgGroup private Rows rows;

  private static final class Rows {
    @Option(
        names = "--things",
        paramLabel = "DIR",
        description = "THINGS folder whose list of concepts orders the rows.")
    private Path things;

    @Option(
        names = "--names",
        paramLabel = "FILE",
        description = {
          "Conditions in the order of the rows; trials of others are left out",
          "(default: all, in numeric order if they are numbers, else as text)."
        })
    private Path names;
  }

  @Option(
      names = "--order",
      paramLabel = "O",
      defaultValue = "id",
      description = "Rows of --things: id (true order) or repo (sorted names).")
  private ConceptOrder order;

  /** Names of types as NumPy has them. */
  enum FloatType {
    FLOAT32,
    FLOAT64
  }

  @Option(
      names = {"--dtype", "--type"},
      paramLabel = "T",
      defaultValue = "float64",
      description = "float32 or float64 (default: ${DEFAULT-VALUE}).")
  private FloatType type;

  @Option(
      names = "--out",
      paramLabel = "OUT",
      required = true,
      description = "File to write: .npy, .h5 or .hdf5.")
  private Path out;

  private final Console console;

  MegRdmCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    String name = out.toString();
    if (!name.endsWith(".npy") && !name.endsWith(".h5") && !name.endsWith(".hdf5")) {
      throw new InputException(
          "--out %s: expected a file name ending in .npy, .h5 or .hdf5".formatted(out));
    }
    EpochRdms.write(
        new EpochRequest(
            epochs,
            dataset,
            conditions,
            sessions,
            names(),
            measure,
            shrinkage(),
            type == FloatType.FLOAT32 ? DType.F32 : DType.F64,
            out),
        console.progress());
    console.out().println(out);
    return 0;
  }

  private Shrinkage shrinkage() {
    if (shrinkage.equalsIgnoreCase("auto")) {
      return Shrinkage.AUTO;
    }
    try {
      return Shrinkage.of(Double.parseDouble(shrinkage));
    } catch (NumberFormatException e) {
      throw new InputException("--shrinkage: expected auto or a number, found " + shrinkage, e);
    }
  }

  private List<String> names() {
    if (rows == null) {
      return List.of();
    }
    return rows.names != null
        ? ConceptList.read(rows.names)
        : order.rows(ConceptList.read(ThingsFiles.find(rows.things).concepts()));
  }
}
