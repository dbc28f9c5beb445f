package io.attune.data.meg;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.format.AtomicFile;
import io.attune.format.JsonFault;
import io.attune.format.Npy;
import io.attune.format.NpyWriter;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * How far condensing has come, in a folder beside the target: what was summed so far, saved now and
 * then, so that a killed run goes on where it was. A resumed run gives the same bits.
 */
final class CondenseState {
  /** Passes, in order. */
  enum Phase {
    CHECKSUM,
    STATISTICS,
    TARGET,
    PUBLISH
  }

  private static final String NAME = "state.json";

  private final Path folder;
  private final String request;

  Phase phase = Phase.CHECKSUM;

  /** The first group that this pass has not done. */
  int next;

  String sha256 = "";
  long zeroed;
  double min;
  double max;

  /**
   * [participants][times], mean of the whole RDM; untouched for those whose curves nobody wants.
   */
  final double[][] richness;

  /** [participants][times], mean of the upper triangle. */
  final double[][] means;

  /** [participants][times], length of the centred upper triangle. */
  final double[][] lengths;

  /** [participants][times], mean correlation with all times. */
  final double[][] generalization;

  /** [participants][pairs], sum over times of unit upper triangles; null where nobody wants it. */
  final double[][] sums;

  /** What {@value #NAME} holds. */
  private record Saved(
      String request,
      Phase phase,
      int next,
      String sha256,
      long zeroed,
      double min,
      double max,
      double[][] richness,
      double[][] means,
      double[][] lengths,
      double[][] generalization,
      String sums) {}

  private CondenseState(Path folder, String request, boolean[] wanted, int times, int pairs) {
    this.folder = folder;
    this.request = request;
    int participants = wanted.length;
    richness = new double[participants][times];
    means = new double[participants][times];
    lengths = new double[participants][times];
    generalization = new double[participants][times];
    sums = new double[participants][];
    for (int p = 0; p < participants; p++) {
      sums[p] = wanted[p] ? new double[pairs] : null;
    }
  }

  /**
   * Takes up what is saved in a folder, or begins.
   *
   * @param request tells apart what was asked for
   * @param wanted for which participants sums are kept
   * @throws InputException if the folder belongs to another request
   */
  static CondenseState open(Path folder, String request, boolean[] wanted, int times, int pairs) {
    CondenseState state = new CondenseState(folder, request, wanted, times, pairs);
    Path file = folder.resolve(NAME);
    if (!Files.exists(file)) {
      return state;
    }
    try {
      Saved saved = new ObjectMapper().readValue(Files.readString(file), Saved.class);
      if (!saved.request().equals(request)) {
        throw new InputException(
            "%s: was begun from another file or with other options; remove it to begin again"
                .formatted(folder));
      }
      state.take(saved);
      return state;
    } catch (JsonProcessingException e) {
      throw new InputException(
          "%s: damaged (%s); remove %s to begin again".formatted(file, JsonFault.of(e), folder), e);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
  }

  private void take(Saved saved) {
    phase = saved.phase();
    next = saved.next();
    sha256 = saved.sha256();
    zeroed = saved.zeroed();
    min = saved.min();
    max = saved.max();
    copy(saved.richness(), richness);
    copy(saved.means(), means);
    copy(saved.lengths(), lengths);
    copy(saved.generalization(), generalization);
    if (saved.sums().isEmpty()) {
      return;
    }
    try (Npy npy = Npy.open(folder.resolve(saved.sums()))) {
      int row = 0;
      for (double[] sum : sums) {
        if (sum != null) {
          npy.readDoubles(row++, 1, sum, 0);
        }
      }
    }
  }

  private static void copy(double[][] from, double[][] to) {
    for (int p = 0; p < to.length; p++) {
      System.arraycopy(from[p], 0, to[p], 0, to[p].length);
    }
  }

  /** Saves everything durably; what was saved before stays valid until then. */
  void save() {
    String name = "";
    if (phase == Phase.STATISTICS && next > 0 || phase == Phase.TARGET) {
      name = phase == Phase.TARGET ? "sums.npy" : "sums-%d.npy".formatted(next);
      if (phase == Phase.STATISTICS || next == 0) {
        saveSums(folder.resolve(name));
      }
    }
    Saved saved =
        new Saved(
            request,
            phase,
            next,
            sha256,
            zeroed,
            min,
            max,
            richness,
            means,
            lengths,
            generalization,
            name);
    try {
      AtomicFile.writeBytes(folder.resolve(NAME), new ObjectMapper().writeValueAsBytes(saved));
      dropOtherSums(name);
    } catch (IOException e) {
      throw InputException.unreadable(folder, e);
    }
  }

  private void saveSums(Path file) {
    List<double[]> kept = Arrays.stream(sums).filter(sum -> sum != null).toList();
    Shape shape = Shape.of(kept.size(), kept.getFirst().length);
    try (NpyWriter writer = NpyWriter.create(file, DType.F64, shape)) {
      for (double[] sum : kept) {
        writer.append(sum, 0, sum.length);
      }
      writer.commit();
    }
  }

  private void dropOtherSums(String kept) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString();
        if (name.startsWith("sums") && !name.equals(kept)) {
          Files.delete(file);
        }
      }
    }
  }
}
