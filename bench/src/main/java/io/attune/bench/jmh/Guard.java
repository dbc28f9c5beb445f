package io.attune.bench.jmh;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Holds ratios against those of an earlier run. Times of another day say nothing, ratios to a peer
 * in the same run do; only on the same processor, threads and clock, though.
 */
final class Guard {
  private static final double LEAST = 0.85;

  private final Map<String, Double> earlier = new HashMap<>();

  private Guard() {}

  /**
   * The ratios in {@code file}.
   *
   * @throws InputException if it cannot be read, or was made elsewhere or otherwise
   */
  static Guard of(Path file, Machine machine, Plan plan) {
    if (!Files.isReadable(file)) {
      throw new InputException("--against %s: no such file".formatted(file));
    }
    Guard guard = new Guard();
    try {
      JsonNode root = new ObjectMapper().readTree(file.toFile());
      require(file, "processor", root.path("processor").asText(), machine.processor());
      require(file, "cores", root.path("cores").asText(), Integer.toString(machine.cores()));
      require(file, "threads", root.path("threads").asText(), Integer.toString(plan.threads()));
      require(file, "clock", root.path("clock").asText(), plan.clock().label());
      for (JsonNode contest : root.path("contests")) {
        if (contest.has("ratio")) {
          String key = contest.path("operation").asText() + " / " + contest.path("shape").asText();
          guard.earlier.put(key, contest.path("ratio").asDouble());
        }
      }
    } catch (IOException e) {
      throw new InputException("--against %s: %s".formatted(file, e.getMessage()), e);
    }
    return guard;
  }

  private static void require(Path file, String what, String found, String expected) {
    if (!found.equals(expected)) {
      throw new InputException(
          "--against %s: its %s is %s, here it is %s; ratios compare on the same machine only: make a new file with --out"
              .formatted(file, what, found, expected));
    }
  }

  /** The rows whose ratio fell more than 15 % under the earlier one. */
  List<Row> fallen(List<Row> rows) {
    return rows.stream().filter(row -> complaint(row).isPresent()).toList();
  }

  /** What to say of a row whose ratio fell. */
  Optional<String> complaint(Row row) {
    Double before = earlier.get(row.contest().key());
    if (before == null || !(row.ratio() < LEAST * before)) {
      return Optional.empty();
    }
    return Optional.of(
        "%s: ratio %.2f, was %.2f".formatted(row.contest().key(), row.ratio(), before));
  }
}
