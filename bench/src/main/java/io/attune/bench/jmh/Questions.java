package io.attune.bench.jmh;

import io.attune.InputException;
import io.attune.bench.jmh.question.GemmBench;
import java.util.List;
import java.util.stream.Collectors;

/** All questions, in the order in which they are asked. */
public final class Questions {
  private static final List<Question> ALL = List.of(new GemmBench());

  private Questions() {}

  public static List<Question> all() {
    return ALL;
  }

  /**
   * The question of this name.
   *
   * @throws InputException if there is none
   */
  public static Question named(String name) {
    return ALL.stream()
        .filter(question -> question.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "bench knows no \"%s\": expected %s"
                        .formatted(
                            name,
                            ALL.stream().map(Question::name).collect(Collectors.joining(", ")))));
  }

  /** The contest of this key. */
  static Contest contest(String question, String key) {
    return named(question).contests().stream()
        .filter(contest -> contest.key().equals(key))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(question + " has no contest " + key));
  }
}
