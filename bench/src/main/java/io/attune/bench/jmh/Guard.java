package io.attune.bench.jmh;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Holds ratios against those of an earlier run. Times of another day say nothing, ratios to a peer
 * in the same run do; only on the same processor, threads and clock, though.
 */
final class Guard {
  private static final double LEAST = 0.85;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Ours took that much longer, or the peer got faster and nobody slower. */
  private static final double OWN_GROWTH = 1.05;

  private final Map<String, Earlier> earlier = new HashMap<>();

  /**
   * What was measured of a contest.
   *
   * @param nanoseconds our median
   */
  private record Earlier(double ratio, double nanoseconds) {}

  private Guard() {}

  /** A file of results, read. */
  private record Results(Path file, JsonNode root) {
    static Results read(Path file) {
      try {
        return new Results(file, MAPPER.readTree(file.toFile()));
      } catch (IOException e) {
        throw new InputException("--against %s: %s".formatted(file, e.getMessage()), e);
      }
    }

    /** What differs between that run and one here, in words. */
    Optional<String> difference(Machine machine, Plan plan) {
      return Stream.of(
              difference("processor", machine.processor()),
              difference("cores", machine.cores()),
              difference("threads", plan.threads()),
              difference("clock", plan.clock().label()))
          .flatMap(Optional::stream)
          .findFirst();
    }

    private Optional<String> difference(String what, Object here) {
      String there = root.path(what).asText();
      return there.equals(here.toString())
          ? Optional.empty()
          : Optional.of("its %s is %s, here it is %s".formatted(what, there, here));
    }

    String date() {
      return root.path("date").asText();
    }
  }

  /**
   * The ratios in {@code source}: a file, or a folder, of whose files the newest count that hold a
   * contest and were made on such a machine in such a way.
   *
   * @throws InputException if it cannot be read, was made elsewhere or otherwise, or a folder holds
   *     no file that fits
   */
  static Guard of(Path source, Machine machine, Plan plan) {
    List<Results> fitting =
        Files.isDirectory(source)
            ? inFolder(source, machine, plan)
            : List.of(file(source, machine, plan));
    Guard guard = new Guard();
    for (Results results : fitting) {
      for (JsonNode contest : results.root.path("contests")) {
        if (contest.has("ratio")) {
          String key = contest.path("operation").asText() + " / " + contest.path("shape").asText();
          double ours = contest.at("/providers/attune/p50_ns").asDouble();
          guard.earlier.put(key, new Earlier(contest.path("ratio").asDouble(), ours));
        }
      }
    }
    return guard;
  }

  private static Results file(Path file, Machine machine, Plan plan) {
    if (!Files.isReadable(file)) {
      throw new InputException("--against %s: no such file".formatted(file));
    }
    Results results = Results.read(file);
    results
        .difference(machine, plan)
        .ifPresent(
            difference -> {
              throw new InputException(
                  "--against %s: %s; ratios compare on the same machine only: make a new file with --out"
                      .formatted(file, difference));
            });
    return results;
  }

  /** Oldest first. */
  private static List<Results> inFolder(Path folder, Machine machine, Plan plan) {
    List<Results> fitting;
    try (Stream<Path> files = Files.list(folder)) {
      fitting =
          files
              .filter(file -> file.getFileName().toString().endsWith(".json"))
              .map(Results::read)
              .filter(results -> results.difference(machine, plan).isEmpty())
              .sorted(Comparator.comparing(Results::date).thenComparing(Results::file))
              .toList();
    } catch (IOException e) {
      throw new InputException("--against %s: %s".formatted(folder, e.getMessage()), e);
    }
    if (fitting.isEmpty()) {
      throw new InputException(
          "--against %s: it holds no results of %s, %d cores, with %d threads and %s time: measure once without --against and keep the file there"
              .formatted(
                  folder,
                  machine.processor(),
                  machine.cores(),
                  plan.threads(),
                  plan.clock().label()));
    }
    return fitting;
  }

  /**
   * Asserts that there is something to hold each contest that is raced against.
   *
   * @throws InputException naming those that were never measured
   */
  void requireAll(List<Row> rows, List<Provider> providers) {
    List<String> missing =
        rows.stream()
            .map(Row::contest)
            .filter(
                contest ->
                    contest.entries().keySet().stream().filter(providers::contains).count() > 1)
            .map(Contest::key)
            .filter(key -> !earlier.containsKey(key))
            .toList();
    if (!missing.isEmpty()) {
      throw new InputException(
          "--against: no earlier ratio of %s: measure once without --against and keep the file, or leave them out with --only"
              .formatted(String.join("; ", missing)));
    }
  }

  /** The rows whose ratio fell more than 15 % under the earlier one. */
  List<Row> fallen(List<Row> rows) {
    return rows.stream().filter(row -> complaint(row).isPresent()).toList();
  }

  /**
   * What to say of a row whose ratio fell while ours took longer. Peers bound by memory run up to
   * half as fast beside other work, and ratios made then are high.
   */
  Optional<String> complaint(Row row) {
    Earlier before = earlier.get(row.contest().key());
    if (before == null || !(row.ratio() < LEAST * before.ratio)) {
      return Optional.empty();
    }
    double ours = row.samples().get(Provider.ATTUNE).median();
    if (ours <= OWN_GROWTH * before.nanoseconds) {
      return Optional.empty();
    }
    return Optional.of(
        "%s: ratio %.2f, was %.2f; ours takes %.3f ms, took %.3f"
            .formatted(
                row.contest().key(),
                row.ratio(),
                before.ratio,
                ours / 1e6,
                before.nanoseconds / 1e6));
  }
}
