package io.attune.bench.jmh;

import java.util.List;
import java.util.stream.Collectors;

/**
 * How thoroughly to measure.
 *
 * @param launches of a JVM for each contest
 * @param warmUp slices of each provider that do not count; beside other work it may take more than
 *     a second until C2 has compiled a kernel
 * @param slices of each provider that do, in each launch
 * @param milliseconds of a slice, which is at least one run
 * @param threads of every provider
 * @param clock by which slices are timed
 * @param providers that enter, where they can
 */
public record Plan(
    int launches,
    int warmUp,
    int slices,
    int milliseconds,
    int threads,
    Clock clock,
    List<Provider> providers) {
  /** What times are taken from. */
  public enum Clock {
    /** Time that passes: what users feel. */
    WALL("wall"),
    /**
     * Processor time of the calling thread: for providers on one thread, what the wall would show
     * if nothing else ran.
     */
    CPU("cpu");

    private final String label;

    Clock(String label) {
      this.label = label;
    }

    /** As options and results name it. */
    public String label() {
      return label;
    }
  }

  /** Every provider, three launches. */
  static Plan full(int threads) {
    return new Plan(3, 24, 7, 150, threads, Clock.WALL, List.of(Provider.values()));
  }

  /** One launch beside the strongest peers: to look, not to report. */
  static Plan quick(int threads) {
    return new Plan(
        1,
        12,
        5,
        100,
        threads,
        Clock.WALL,
        List.of(Provider.ATTUNE, Provider.LIBTORCH, Provider.NUMPY, Provider.PIL));
  }

  Plan with(int launches, Clock clock, List<Provider> providers) {
    return new Plan(launches, warmUp, slices, milliseconds, threads, clock, providers);
  }

  /** As {@code --providers} takes them. */
  String providerLabels() {
    return providers.stream().map(Provider::label).collect(Collectors.joining(","));
  }

  int warmUp(Contest contest) {
    return switch (contest.pace()) {
      case SHORT -> warmUp;
      case LONG -> Math.max(1, warmUp / 8);
      case WHOLE -> 0;
    };
  }

  int slices(Contest contest) {
    return switch (contest.pace()) {
      case SHORT -> slices;
      case LONG -> Math.max(2, slices / 2);
      case WHOLE -> 1;
    };
  }

  /** Those that enter this contest, in the order of {@link Provider}. */
  List<Provider> entering(Contest contest) {
    return contest.entries().keySet().stream().filter(providers::contains).sorted().toList();
  }
}
