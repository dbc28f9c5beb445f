package io.attune.hba;

import io.attune.InputException;
import io.attune.clip.Clip;
import io.attune.device.Device;
import io.attune.device.Precision;
import io.attune.format.TensorSource;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** Compares a step here with the one in a reference file, tensor by tensor (spec/reference.md). */
public final class Verification {
  private static final double NEGLIGIBLE = 1e-6;

  private Verification() {}

  /**
   * Largest errors that pass.
   *
   * @param activations for activations and losses
   * @param gradients for gradients
   */
  public record Tolerances(double activations, double gradients) {
    /** The limits of spec/reference.md for a precision. */
    public static Tolerances of(Precision precision) {
      return switch (precision) {
        case F32 -> new Tolerances(2e-5, 2e-4);
        case TF32 -> new Tolerances(2e-3, 2e-2);
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

  /**
   * Runs the step of {@code reference} on {@code clip} and compares everything the file holds. The
   * model is frozen afterwards.
   *
   * @throws InputException if the file does not fit the model or holds nothing to compare
   */
  public static Outcome run(
      Device device, Clip clip, TensorSource reference, Tolerances tolerances) {
    String loss = reference.metadata().get("loss");
    if (!List.of("none", "contrastive", "behavior").contains(loss)) {
      throw new InputException(
          "%s: metadata loss is %s, expected none, contrastive or behavior"
              .formatted(reference.location(), loss));
    }
    try (ReferenceStep step = new ReferenceStep(device, clip, reference, loss)) {
      step.run();
      return compare(device, step.results(), reference, tolerances);
    }
  }

  private static Outcome compare(
      Device device, Map<String, Tensor> ours, TensorSource reference, Tolerances tolerances) {
    for (String name : reference.names()) {
      if (isCompared(name) && !ours.containsKey(name)) {
        throw new InputException(
            "%s: tensor %s has no counterpart in this model or step; check its name and the number of blocks"
                .formatted(reference.location(), name));
      }
    }
    double largestGradient = 0;
    double largestActivation = 0;
    List<String> present = ours.keySet().stream().filter(reference::contains).toList();
    for (String name : present) {
      double norm = norm(reference.read(name));
      if (isGradient(name)) {
        largestGradient = Math.max(largestGradient, norm);
      } else {
        largestActivation = Math.max(largestActivation, norm);
      }
    }
    List<Row> rows = new ArrayList<>();
    for (String name : present) {
      Tensor tensor = ours.get(name);
      Shape theirs = reference.info(name).shape();
      if (!theirs.equals(tensor.shape()) && !(theirs.size() == 1 && tensor.size() == 1)) {
        throw new InputException(
            "%s: tensor %s has shape %s, this model makes %s"
                .formatted(reference.location(), name, theirs, tensor.shape()));
      }
      double largest = isGradient(name) ? largestGradient : largestActivation;
      double error = error(device.toArray(tensor), reference.read(name), largest);
      double limit = isGradient(name) ? tolerances.gradients() : tolerances.activations();
      rows.add(new Row(name, theirs, error, error <= limit));
    }
    if (rows.isEmpty()) {
      throw new InputException(
          "%s: holds no activation, loss or gradient to compare".formatted(reference.location()));
    }
    return new Outcome(rows);
  }

  private static boolean isGradient(String name) {
    return name.startsWith("gradient.");
  }

  private static boolean isCompared(String name) {
    return isGradient(name) || name.startsWith("activation.") || name.equals("loss");
  }

  private static double norm(float[] values) {
    double sum = 0;
    for (float value : values) {
      sum += (double) value * value;
    }
    return Math.sqrt(sum);
  }

  private static double error(float[] ours, float[] theirs, double largest) {
    double norm = norm(theirs);
    if (norm < NEGLIGIBLE * largest) {
      return norm(ours) / largest;
    }
    double sum = 0;
    for (int i = 0; i < ours.length; i++) {
      double difference = (double) ours[i] - theirs[i];
      sum += difference * difference;
    }
    return Math.sqrt(sum) / norm;
  }
}
