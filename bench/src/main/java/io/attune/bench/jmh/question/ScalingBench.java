package io.attune.bench.jmh.question;

import io.attune.bench.jmh.Amount;
import io.attune.bench.jmh.Contest;
import io.attune.bench.jmh.Provider;
import io.attune.bench.jmh.Question;
import io.attune.clip.ClipConfig;
import io.attune.device.op.Activation;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * How the time of a training step grows with one thing while all else stays: 4 images of 112 pixels
 * in patches of 16, which are 50 tokens, through two blocks of width 384. Nobody is raced.
 */
public final class ScalingBench implements Question {
  private static final int PATCH = 16;

  /** A step at these sizes. */
  private record Size(int batch, int side, int width) {
    static final Size BASE = new Size(4, 7, 384);

    /** Patches and the class token. */
    int tokens() {
      return side * side + 1;
    }

    ClipConfig config() {
      ClipConfig.Tower vision =
          new ClipConfig.Tower(width, 4 * width, 2, width / 64, Activation.QUICK_GELU, 1e-5);
      ClipConfig.Tower text = new ClipConfig.Tower(64, 64, 1, 1, Activation.QUICK_GELU, 1e-5);
      return new ClipConfig(vision, side * PATCH, PATCH, 3, text, 50, 7, 49, 256, 2.6592);
    }
  }

  @Override
  public String name() {
    return "scaling";
  }

  @Override
  public String description() {
    return "time of a training step against batch, tokens, width and threads";
  }

  @Override
  public List<Contest> contests() {
    Size base = Size.BASE;
    return Stream.of(
            IntStream.of(1, 2, 4, 8, 16)
                .mapToObj(n -> at("batch", n, new Size(n, base.side, base.width))),
            IntStream.of(4, 7, 10, 14)
                .mapToObj(side -> new Size(base.batch, side, base.width))
                .map(size -> at("tokens", size.tokens(), size)),
            IntStream.of(192, 384, 768)
                .mapToObj(width -> at("width", width, new Size(base.batch, base.side, width))),
            IntStream.of(1, 2).mapToObj(n -> at(Contest.Point.THREADS, n, base)))
        .flatMap(contests -> contests)
        .toList();
  }

  @Override
  public List<Contest> samples() {
    return List.of();
  }

  private static Contest at(String axis, int value, Size size) {
    return Contest.of(
            "scaling with " + axis,
            "%s %d".formatted(axis, value),
            Amount.items(size.batch, "images", 0),
            1e-4,
            Map.of(
                Provider.ATTUNE,
                threads -> new OurTower(size.config(), size.batch, threads).training()))
        .at(axis, value);
  }
}
