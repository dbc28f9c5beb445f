package io.attune.data.meg;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.Progress;
import io.attune.format.AtomicFile;
import io.attune.format.Hdf5ArrayWriter;
import io.attune.format.Npy;
import io.attune.format.NpyWriter;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Turns finished upper triangles into the files that a user gets. */
final class EpochOutput {
  /** What the published files call it, and what {@code meg-condense} looks for. */
  private static final String DATASET = "mat";

  private final EpochPlan plan;
  private final Progress progress;

  EpochOutput(EpochPlan plan, Progress progress) {
    this.plan = plan;
    this.progress = progress;
  }

  @FunctionalInterface
  private interface Sink {
    void append(double[] square);
  }

  /**
   * Writes squares, names and what was computed.
   *
   * @param rdms [samples, pairs]
   */
  void write(Path rdms) {
    Path out = plan.request().out();
    int n = plan.order().trials().conditions();
    Shape shape = Shape.of(plan.epochs().samples(), n, n);
    DType dtype = plan.request().dtype();
    float[] narrow = dtype == DType.F32 ? new float[n * n] : null;
    if (out.toString().endsWith(".npy")) {
      try (NpyWriter writer = NpyWriter.create(out, dtype, shape)) {
        copy(
            rdms,
            narrow == null
                ? square -> writer.append(square, 0, square.length)
                : square -> writer.append(round(square, narrow), 0, narrow.length));
        writer.commit();
      }
    } else {
      try (Hdf5ArrayWriter writer = Hdf5ArrayWriter.create(out, DATASET, dtype, shape)) {
        copy(
            rdms,
            narrow == null
                ? square -> writer.append(square, 0, square.length)
                : square -> writer.append(round(square, narrow), 0, narrow.length));
        writer.commit();
      }
    }
    AtomicFile.writeText(plan.names(), String.join("\n", plan.order().trials().names()) + "\n");
    AtomicFile.writeText(plan.json(), json());
  }

  private static float[] round(double[] wide, float[] narrow) {
    for (int i = 0; i < wide.length; i++) {
      narrow[i] = (float) wide[i];
    }
    return narrow;
  }

  private void copy(Path rdms, Sink sink) {
    int n = plan.order().trials().conditions();
    int samples = plan.epochs().samples();
    double[] triangle = new double[plan.pairs()];
    double[] square = new double[n * n];
    try (Npy npy = Npy.open(rdms);
        Progress.Task task =
            progress.start("writing " + plan.request().out(), "samples", samples)) {
      for (int s = 0; s < samples; s++) {
        npy.readDoubles(s, 1, triangle, 0);
        for (int i = 0, p = 0; i < n; i++) {
          for (int j = i + 1; j < n; j++, p++) {
            square[i * n + j] = triangle[p];
            square[j * n + i] = triangle[p];
          }
        }
        sink.append(square);
        task.advance(1);
      }
    }
  }

  private String json() {
    EpochRequest request = plan.request();
    Map<String, Object> content = new LinkedHashMap<>();
    content.put("measure", request.measure().name().toLowerCase(Locale.ROOT));
    content.put("values", request.measure().description());
    if (request.measure().usesSessions()) {
      content.put("shrinkage", request.shrinkage().toString());
    }
    content.put("epochs", request.file().toString());
    content.put("epochs_shape", plan.epochs().shape().dims());
    content.put("conditions", plan.order().trials().conditions());
    content.put("names", plan.names().getFileName().toString());
    content.put("trials", plan.order().trials().count());
    content.put("sessions", plan.order().trials().sessionCount());
    content.put("left_out", plan.order().leftOut());
    try {
      return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(content) + "\n";
    } catch (JsonProcessingException e) {
      throw new InputException("cannot write " + plan.json(), e);
    }
  }
}
