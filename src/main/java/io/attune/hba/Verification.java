package io.attune.hba;

import io.attune.InputException;
import io.attune.clip.Clip;
import io.attune.clip.ClipConfig;
import io.attune.device.Device;
import io.attune.device.Precision;
import io.attune.format.Reference;
import io.attune.format.ReferenceError;
import io.attune.format.ReferenceError.Kind;
import io.attune.format.ReferenceModel;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Compares a step here with the one in a reference file, tensor by tensor (spec/reference.md). */
public final class Verification {
  private Verification() {}

  /**
   * Largest errors that pass.
   *
   * @param activations for activations and losses
   * @param gradients for gradients
   */
  public record Tolerances(double activations, double gradients) {
    public Tolerances {
      if (!(activations >= 0) || !(gradients >= 0)) {
        throw new InputException(
            "tolerances: must be numbers from 0 on, are %s and %s"
                .formatted(activations, gradients));
      }
    }

    /**
     * The limits of spec/reference.md for a precision; those of tf32 are wider by half and more.
     * Its operands are rounded to 2^-11, 8 times finer than bf16's, and of the references here two
     * come to 2.6e-3 (a 2 x 2 matrix of logits) and 2.2e-2 (the gradient of the logit scale, a sum
     * whose terms cancel) when exactly that is done.
     */
    public static Tolerances of(Precision precision) {
      return switch (precision) {
        case F32 -> new Tolerances(2e-5, 2e-4);
        case TF32 -> new Tolerances(4e-3, 3e-2);
        case BF16 -> new Tolerances(3e-2, 8e-2);
      };
    }
  }

  /**
   * One tensor's comparison.
   *
   * @param error relative L2 error, see spec/reference.md for negligible references
   */
  public record Row(String name, Shape shape, double error, boolean passes) {}

  /** All comparisons, in the order of the computation. */
  public record Outcome(List<Row> rows) {
    public boolean passes() {
      return rows.stream().allMatch(Row::passes);
    }

    /** The row with the largest error; a NaN is the largest of all. */
    public Row worst() {
      return rows.stream().max(Comparator.comparingDouble(Row::error)).orElseThrow();
    }

    /** The last line of the report. */
    public String summary() {
      return "verified %d tensors, worst %.2e at %s: %s"
          .formatted(rows.size(), worst().error(), worst().name(), passes() ? "PASS" : "FAIL");
    }
  }

  /** What a reference file must fit: the extents of {@code clip}. */
  public static ReferenceModel extents(Clip clip) {
    ClipConfig config = clip.config();
    Map<String, Shape> parameters = new HashMap<>();
    clip.visit(parameter -> parameters.put(parameter.name(), parameter.value().shape()));
    return new ReferenceModel(
        config.imageSize(),
        config.visionTokens(),
        config.vision().width(),
        config.vision().blocks(),
        config.context(),
        config.vocabularySize(),
        config.text().width(),
        config.text().blocks(),
        config.projection(),
        parameters);
  }

  /**
   * Runs the step of a reference file on {@code clip} and compares everything the file holds. The
   * model is frozen afterwards.
   *
   * @throws InputException if the file is not a reference or does not fit the model
   */
  public static Outcome run(Device device, Clip clip, Path file, Tolerances tolerances) {
    try (Reference reference = Reference.open(file, extents(clip))) {
      try (ReferenceStep step = new ReferenceStep(device, clip, reference)) {
        step.run();
        return compare(device, step.results(), reference, tolerances);
      }
    }
  }

  private static Outcome compare(
      Device device, Map<String, Tensor> ours, Reference reference, Tolerances tolerances) {
    Map<Kind, ReferenceError> measures = new EnumMap<>(Kind.class);
    for (Kind kind : Kind.values()) {
      measures.put(kind, ReferenceError.among(reference, kind));
    }
    Set<String> compared = reference.compared();
    List<Row> rows = new ArrayList<>();
    ours.forEach(
        (name, tensor) -> {
          if (compared.contains(name)) {
            Kind kind = Kind.of(name);
            double error =
                measures
                    .get(kind)
                    .of(device.toArray(tensor), reference.tensors().readDoubles(name));
            double limit =
                kind == Kind.GRADIENT ? tolerances.gradients() : tolerances.activations();
            rows.add(new Row(name, tensor.shape(), error, error <= limit));
          }
        });
    if (rows.size() != compared.size()) {
      Set<String> left = new TreeSet<>(compared);
      rows.forEach(row -> left.remove(row.name()));
      throw new InputException(
          "%s: tensor %s is not part of a step with this loss"
              .formatted(reference.tensors().location(), left.iterator().next()));
    }
    return new Outcome(rows);
  }
}
