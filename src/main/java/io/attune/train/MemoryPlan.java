package io.attune.train;

import io.attune.device.Arena;
import io.attune.device.Precision;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What a run takes in memory, part by part, found by preparing it on planning arenas: nothing is
 * allocated.
 */
public final class MemoryPlan {
  /**
   * One kind of memory.
   *
   * @param formula how the bytes come about, for people
   */
  public record Part(String name, long bytes, String formula) {}

  private final List<Part> parts = new ArrayList<>();

  MemoryPlan add(String name, long bytes, String formula) {
    parts.add(new Part(name, bytes, formula));
    return this;
  }

  public List<Part> parts() {
    return List.copyOf(parts);
  }

  /** Bytes of all parts. */
  public long total() {
    return parts.stream().mapToLong(Part::bytes).sum();
  }

  /** How the bytes of so many parameters come about. */
  static String weights(Precision precision, long parameters) {
    String formula = "4 x %,d parameters".formatted(parameters);
    return precision == Precision.BF16 ? formula + ", 2 x those of products again" : formula;
  }

  /** Bytes of the planned tensors whose names begin so. */
  static long bytes(Arena counted, String prefix) {
    return counted.tensors().stream()
        .filter(tensor -> tensor.name().startsWith(prefix))
        .mapToLong(MemoryPlan::bytes)
        .sum();
  }

  private static long bytes(Tensor tensor) {
    return tensor.size() * tensor.dtype().bytes();
  }

  /** A line for each part, in bytes with its formula, and one for the sum. */
  public List<String> describe() {
    List<String> lines = new ArrayList<>();
    lines.add("memory in bytes:");
    for (Part part : parts) {
      lines.add(line(part.name(), part.bytes(), part.formula()));
    }
    lines.add(line("total", total(), TrainingPlan.size(total())));
    return lines;
  }

  private static String line(String name, long bytes, String remark) {
    return String.format(Locale.ROOT, "  %-12s %,18d  %s", name, bytes, remark);
  }
}
