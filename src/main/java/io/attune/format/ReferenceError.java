package io.attune.format;

/**
 * How far a tensor lies from its reference: the relative L2 error {@code ||ours - theirs|| /
 * ||theirs||}. Where {@code ||theirs||} is below 1e-6 of the largest norm of its kind, as the
 * gradient of {@code k_proj.bias}, which is zero in exact arithmetic, it is {@code ||ours||} over
 * that largest norm. A NaN in ours gives NaN, which is within no limit.
 */
public final class ReferenceError {
  /** Below this part of the largest norm of its kind, a norm is rounding. */
  public static final double TINY = 1e-6;

  private static final int CHUNK = 1 << 16;

  /** Tensors whose norms are compared with one another. */
  public enum Kind {
    /** Activations and losses. */
    ACTIVATION,
    GRADIENT;

    /** The kind of a tensor of a reference file. */
    public static Kind of(String name) {
      return name.startsWith("gradient.") ? GRADIENT : ACTIVATION;
    }
  }

  private final double largestNorm;

  /**
   * A measure for tensors of one kind.
   *
   * @param largestNorm largest L2 norm among the references of the kind
   */
  public ReferenceError(double largestNorm) {
    this.largestNorm = largestNorm;
  }

  /** The measure for the tensors of one kind in a file. */
  public static ReferenceError among(Reference reference, Kind kind) {
    return new ReferenceError(
        reference.compared().stream()
            .filter(name -> Kind.of(name) == kind)
            .mapToDouble(name -> norm(reference.tensors(), name))
            .max()
            .orElse(0));
  }

  /**
   * The error of a tensor.
   *
   * @throws IllegalArgumentException if the lengths differ
   */
  public double of(double[] ours, double[] theirs) {
    if (ours.length != theirs.length) {
      throw new IllegalArgumentException(
          "%d elements against %d".formatted(ours.length, theirs.length));
    }
    double ofOurs = 0;
    double ofTheirs = 0;
    double ofDifference = 0;
    for (int i = 0; i < ours.length; i++) {
      double difference = ours[i] - theirs[i];
      ofOurs += ours[i] * ours[i];
      ofTheirs += theirs[i] * theirs[i];
      ofDifference += difference * difference;
    }
    return relative(Math.sqrt(ofDifference), Math.sqrt(ofOurs), Math.sqrt(ofTheirs));
  }

  /** The error of a tensor of floats. */
  public double of(float[] ours, double[] theirs) {
    double[] wide = new double[ours.length];
    for (int i = 0; i < ours.length; i++) {
      wide[i] = ours[i];
    }
    return of(wide, theirs);
  }

  private double relative(double difference, double ours, double theirs) {
    if (theirs >= TINY * largestNorm && theirs > 0) {
      return difference / theirs;
    }
    if (largestNorm > 0) {
      return ours / largestNorm;
    }
    return ours == 0 ? 0 : Double.isNaN(ours) ? Double.NaN : Double.POSITIVE_INFINITY;
  }

  private static double norm(TensorSource source, String name) {
    long size = source.info(name).size();
    double[] part = new double[(int) Math.min(CHUNK, size)];
    double sum = 0;
    for (long from = 0; from < size; from += part.length) {
      int count = (int) Math.min(part.length, size - from);
      source.readDoubles(name, from, part, 0, count);
      for (int i = 0; i < count; i++) {
        sum += part[i] * part[i];
      }
    }
    return Math.sqrt(sum);
  }
}
