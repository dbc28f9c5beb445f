package io.attune.cli;

import io.attune.InputException;
import io.attune.data.ConceptList;
import io.attune.data.ConceptOrder;
import io.attune.data.ThingsFiles;
import io.attune.data.meg.CondenseRequest;
import io.attune.data.meg.MegArray;
import io.attune.data.meg.MegSelection;
import io.attune.data.meg.MegTargets;
import io.attune.rsa.NanPolicy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(
    name = "meg-condense",
    description = "Condense MEG RDMs once into the target that every later run maps.",
    footer = {
      "",
      "Reads (participant, time, n, n), float32 or float64, in slices, so that 31 GB pass through"
          + " a",
      "heap of 4 GB. Writes TARGET.npy, float32 [T, n(n-1)/2], upper triangles row by row, and",
      "TARGET.npy.json: times, names, participants, scaling, the time courses alpha (richness),"
          + " beta",
      "(generalisation) and nu (noise level), the source and checksums. The diagonal is taken as"
          + " 0;",
      "values are scaled to 0..1 by the range over all participants, times and conditions.",
      "After kill -9 the same command goes on where it was.",
      "",
      "Examples:",
      "  attune data meg-condense --meg validation-pairwise_decoding_RDM1854.mat --things THINGS"
          + " \\",
      "    --out group.npy",
      "  attune data meg-condense --meg individual.npy --names images118.txt --participant all \\",
      "    --out person-{p}.npy"
    })
final class MegCondenseCommand implements Callable<Integer> {
  private static final String NUMBER = "{p}";

  @Option(
      names = "--meg",
      paramLabel = "FILE",
      required = true,
      description = "MEG RDMs: HDF5 (MATLAB 7.3 too) or .npy.")
  private Path meg;

  @Option(
      names = "--dataset",
      paramLabel = "NAME",
      description = "Dataset of an HDF5 file (default: mat, or the only one that fits).")
  private String dataset;

  @Option(
      names = "--out",
      paramLabel = "TARGET.npy",
      required = true,
      converter = NpyPathConverter.class,
      description = "File to write; {p} stands for the participant's number.")
  private Path out;

  @ArgGroup private Who who;

  private static final class Who {
    @Option(
        names = "--participants",
        paramLabel = "P,...",
        split = ",",
        description = {
          "Average these; time courses come from all in the file",
          "(default: 1,2,3, or all if they are fewer)."
        })
    private List<Integer> mean;

    @Option(
        names = "--participant",
        paramLabel = "P,...|all",
        description = "One target for each of these, time courses from that one alone.")
    private String each;
  }

  @ArgGroup private Rows rows;

  private static final class Rows {
    @Option(
        names = "--things",
        paramLabel = "DIR",
        description = "THINGS folder whose list of concepts names the rows.")
    private Path things;

    @Option(
        names = "--names",
        paramLabel = "FILE",
        description = "Names of the rows, one a line in their order.")
    private Path names;
  }

  @Option(
      names = "--order",
      paramLabel = "O",
      defaultValue = "id",
      description = "Rows of --things: id (true order) or repo (sorted names).")
  private ConceptOrder order;

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
        "Between samples of the file (default: 5 for 281 of them,",
        "1 for 1101, as published)."
      })
  private Double stepMs;

  @Option(
      names = "--target-step-ms",
      paramLabel = "MS",
      description = {
        "Between times of the target (default: 5, or the file's own if",
        "longer): the first sample, then means of whole groups."
      })
  private Double targetStepMs;

  @Option(
      names = "--times",
      paramLabel = "FROM:TO",
      description = "Keep these times, in ms (default: all).")
  private String times;

  @Option(
      names = "--nan",
      paramLabel = "N",
      defaultValue = "error",
      description = "NaN off the diagonal: error or zero (default: ${DEFAULT-VALUE}).")
  private Missing nan;

  /** A target needs every pair: none can be dropped. */
  private enum Missing {
    ERROR,
    ZERO
  }

  @Option(
      names = "--noise-scale",
      paramLabel = "X",
      defaultValue = "1",
      description = "Largest value of nu (default: ${DEFAULT-VALUE}).")
  private double noiseScale;

  private final Console console;

  MegCondenseCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    Double[] range = range();
    List<MegSelection> selections = selections(participants());
    MegTargets.write(
        new CondenseRequest(
            meg,
            dataset,
            selections,
            names(),
            firstMs,
            stepMs,
            targetStepMs,
            range[0],
            range[1],
            nan == Missing.ZERO ? NanPolicy.ZERO : NanPolicy.ERROR,
            noiseScale),
        console.progress());
    selections.forEach(selection -> console.out().println(selection.out()));
    return 0;
  }

  private int participants() {
    try (MegArray array = MegArray.open(meg, dataset)) {
      return array.participants();
    }
  }

  private List<MegSelection> selections(int all) {
    if (who == null) {
      return List.of(MegSelection.group(out, all));
    }
    if (who.mean != null) {
      return List.of(MegSelection.group(out, who.mean, all));
    }
    List<Integer> numbers = new ArrayList<>();
    if (who.each.equals("all")) {
      IntStream.rangeClosed(1, all).forEach(numbers::add);
    } else {
      for (String number : who.each.split(",")) {
        try {
          numbers.add(Integer.valueOf(number.strip()));
        } catch (NumberFormatException e) {
          throw new InputException(
              "--participant: expected numbers from 1, or all; found " + who.each, e);
        }
      }
    }
    if (numbers.size() > 1 && !out.toString().contains(NUMBER)) {
      throw new InputException(
          "--out %s: several participants need {p} in the name, such as person-{p}.npy"
              .formatted(out));
    }
    int digits = Integer.toString(all).length();
    return numbers.stream()
        .map(p -> MegSelection.individual(numbered(("%0" + digits + "d").formatted(p)), p))
        .toList();
  }

  private Path numbered(String number) {
    return Path.of(out.toString().replace(NUMBER, number));
  }

  private List<String> names() {
    if (rows == null) {
      return List.of();
    }
    return rows.names != null
        ? ConceptList.read(rows.names)
        : order.rows(ConceptList.read(ThingsFiles.find(rows.things).concepts()));
  }

  private Double[] range() {
    if (times == null) {
      return new Double[2];
    }
    String[] ends = times.split(":", -1);
    try {
      if (ends.length != 2) {
        throw new NumberFormatException();
      }
      return new Double[] {Double.valueOf(ends[0]), Double.valueOf(ends[1])};
    } catch (NumberFormatException e) {
      throw new InputException("--times: expected FROM:TO in ms, found " + times, e);
    }
  }
}
