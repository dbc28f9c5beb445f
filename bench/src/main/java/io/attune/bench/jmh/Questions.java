package io.attune.bench.jmh;

import io.attune.InputException;
import io.attune.bench.jmh.question.ActivationBench;
import io.attune.bench.jmh.question.AdamWBench;
import io.attune.bench.jmh.question.AttentionBench;
import io.attune.bench.jmh.question.ContrastiveBench;
import io.attune.bench.jmh.question.GemmBench;
import io.attune.bench.jmh.question.ImagesBench;
import io.attune.bench.jmh.question.LayerNormBench;
import io.attune.bench.jmh.question.MemoryBench;
import io.attune.bench.jmh.question.ModelBench;
import io.attune.bench.jmh.question.RsaBench;
import io.attune.bench.jmh.question.ScalingBench;
import io.attune.bench.jmh.question.SoftmaxBench;
import io.attune.bench.jmh.question.StartBench;
import io.attune.bench.jmh.question.TrainingBench;
import io.attune.bench.jmh.question.WaitingBench;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All questions, in the order in which they are asked. */
public final class Questions {
  private static final List<Question> ALL =
      List.of(
          new GemmBench(),
          new AttentionBench(),
          new LayerNormBench(),
          new ActivationBench(),
          new SoftmaxBench(),
          new ContrastiveBench(),
          new AdamWBench(),
          new ModelBench(),
          new TrainingBench(),
          new RsaBench(),
          new ScalingBench(),
          new ImagesBench(),
          new WaitingBench(),
          new MemoryBench(),
          new StartBench());

  private Questions() {}

  public static List<Question> all() {
    return ALL;
  }

  /**
   * The questions of this name, or of this group.
   *
   * @throws InputException if there is none
   */
  public static List<Question> named(String name) {
    List<Question> found =
        ALL.stream()
            .filter(question -> question.name().equals(name) || question.group().equals(name))
            .toList();
    if (found.isEmpty()) {
      String known =
          ALL.stream()
              .flatMap(question -> Stream.of(question.group(), question.name()))
              .distinct()
              .collect(Collectors.joining(", "));
      throw new InputException("bench knows no \"%s\": expected %s".formatted(name, known));
    }
    return found;
  }

  /** The contest of this key. */
  static Contest contest(String question, String key) {
    return named(question).stream()
        .flatMap(found -> found.contests().stream())
        .filter(contest -> contest.key().equals(key))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException(question + " has no contest " + key));
  }
}
