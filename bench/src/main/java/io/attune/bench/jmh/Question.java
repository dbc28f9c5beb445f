package io.attune.bench.jmh;

import java.util.List;

/** What one class of the bench asks. */
public interface Question {
  /** What follows {@code attune bench}. */
  String name();

  /** A name for several questions at once; its own if it belongs to no group. */
  default String group() {
    return name();
  }

  /** What it asks, in a line. */
  String description();

  /** Its contests at the sizes that count. */
  List<Contest> contests();

  /** What the JVMs that answer it are started with, beside the usual. */
  default List<String> javaOptions() {
    return List.of();
  }

  /** Whether the processor time of its work can be told, for {@link Plan.Clock#CPU}. */
  default boolean tellsProcessorTime() {
    return true;
  }

  /** Whether its rows tell how much of the process was in memory. */
  default boolean tellsMemory() {
    return false;
  }

  /** The same contests, so small that tests can hold the providers' outputs against each other. */
  List<Contest> samples();
}
