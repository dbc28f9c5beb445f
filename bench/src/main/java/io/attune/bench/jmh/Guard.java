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
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * Holds ratios against those of an earlier run. Times of another day say nothing, ratios to a peer
 * in the same run do; only on the same processor, threads and clock, though.
 *
 * <p>What the same code takes differs from one launch to the next by up to a third, by where Java's
 * heap happens to place arrays. So each provider's best launch counts, then and now, and what seems
 * to have fallen is launched again before it is said to have: a change for the worse slows every
 * launch, a bad place does not.
 */
final class Guard {
  private static final double LEAST = 0.85;

  private static final ObjectMapper MAPPER = new ObjectMapper();

  /** Ours took that much longer, or the peer got faster and nobody slower. */
  private static final double OWN_GROWTH = 1.05;

  /** Launches more of what seems to have fallen. */
  static final int FURTHER = 3;

  private final Map<String, Best> earlier = new HashMap<>();

  /**
   * What was measured of a contest, in the best launch of each.
   *
   * @param ours median nanoseconds
   * @param peer likewise, of the one that ratios are to
   */
  private record Best(double ours, double peer) {
    static Best of(Row row) {
      return new Best(
          least(row.samples().get(Provider.ATTUNE)),
          least(row.reference().map(row.samples()::get).orElseThrow()));
    }

    private static double least(Samples samples) {
      return samples.launchMedians().stream().min(Comparator.naturalOrder()).orElseThrow();
    }

    static Best of(JsonNode contest) {
      return new Best(
          least(contest, Provider.ATTUNE.label()),
          least(contest, contest.path("reference").asText()));
    }

    /** Files of the first days hold the median of all launches only. */
    private static double least(JsonNode contest, String label) {
      JsonNode provider = contest.path("providers").path(label);
      return StreamSupport.stream(provider.path("launch_medians_ns").spliterator(), false)
          .mapToDouble(JsonNode::asDouble)
          .min()
          .orElseGet(() -> provider.path("p50_ns").asDouble());
    }

    double ratio() {
      return peer / ours;
    }
  }

  /** Measures a row in one more launch, which is added to its samples. */
  @FunctionalInterface
  interface Launch {
    void of(Row row, int round);
  }

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
          Best best = Best.of(contest);
          if (!(best.ours > 0 && best.peer > 0)) {
            throw new InputException(
                "--against %s: %s has a ratio but no times of attune or its peer; measure it again"
                    .formatted(results.file, key));
          }
          guard.earlier.put(key, best);
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
    if (!results.root.path("contests").isArray()) {
      throw new InputException(
          "--against %s: holds no contests, so it is no result of attune bench".formatted(file));
    }
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
   * @throws InputException naming those that were never measured, or if no contest is raced
   */
  void requireAll(List<Row> rows, List<Provider> providers) {
    List<String> raced =
        rows.stream()
            .map(Row::contest)
            .filter(
                contest ->
                    contest.entries().keySet().stream().filter(providers::contains).count() > 1)
            .map(Contest::key)
            .toList();
    if (raced.isEmpty()) {
      throw new InputException(
          "--against: no contest chosen has two providers, so there is no ratio to hold: add a peer"
              + " with --providers");
    }
    List<String> missing = raced.stream().filter(key -> !earlier.containsKey(key)).toList();
    if (!missing.isEmpty()) {
      throw new InputException(
          "--against: no earlier ratio of %s: measure once without --against and keep the file, or leave them out with --only"
              .formatted(String.join("; ", missing)));
    }
  }

  /**
   * The rows whose ratio is more than 15 % under the earlier one in {@link #FURTHER} more launches
   * too; a row that is not any more is launched no further. No launch is dropped: what a row's
   * samples held stays there, beside what comes to it.
   */
  List<Row> fallen(List<Row> rows, Launch launch) {
    List<Row> fallen = seeming(rows);
    for (int round = 1; round <= FURTHER; round++) {
      for (Row row : fallen) {
        launch.of(row, round);
      }
      fallen = seeming(fallen);
    }
    return fallen;
  }

  private List<Row> seeming(List<Row> rows) {
    return rows.stream().filter(row -> complaint(row).isPresent()).toList();
  }

  /**
   * What to say of a row whose ratio is under the earlier one while ours takes longer. Peers bound
   * by memory run up to half as fast beside other work, and ratios made then are high.
   */
  Optional<String> complaint(Row row) {
    Best before = earlier.get(row.contest().key());
    if (before == null || Double.isNaN(row.ratio())) {
      return Optional.empty();
    }
    Best now = Best.of(row);
    if (!(now.ratio() < LEAST * before.ratio()) || now.ours <= OWN_GROWTH * before.ours) {
      return Optional.empty();
    }
    return Optional.of(
        "%s: ratio %.2f, was %.2f; ours takes %.3f ms, took %.3f (launches: %s)"
            .formatted(
                row.contest().key(),
                now.ratio(),
                before.ratio(),
                now.ours / 1e6,
                before.ours / 1e6,
                launches(row)));
  }

  /** Our launches' medians in ms. */
  static String launches(Row row) {
    return row.samples().get(Provider.ATTUNE).launchMedians().stream()
        .map(median -> "%.3f".formatted(median / 1e6))
        .collect(Collectors.joining(", "));
  }
}
