package io.attune.hba;

import io.attune.clip.TextPass;
import io.attune.clip.VisionPass;
import io.attune.tensor.Tensor;

/** How embeddings come about: a whole tower, the part of it above what is cached, or nothing. */
public sealed interface EmbeddingPath
    permits EmbeddingPath.Whole, EmbeddingPath.Constant, TowerTail {
  /** [N, projection], before L2 normalisation. */
  Tensor embeds();

  /** [N, projection], to be filled before {@link #backward}; null where nothing trains. */
  Tensor embedsGradient();

  void forward();

  void backward();

  /** A whole tower, recomputed from its input. */
  record Whole(Tensor embeds, Tensor embedsGradient, Runnable forwardPass, Runnable backwardPass)
      implements EmbeddingPath {
    /**
     * The image tower.
     *
     * @param trains whether an adapter in it trains
     */
    public static Whole of(VisionPass pass, boolean trains) {
      return new Whole(
          pass.embeds(), trains ? pass.embedsGradient() : null, pass::forward, pass::backward);
    }

    /**
     * The text tower.
     *
     * @param trains whether an adapter in it trains
     */
    public static Whole of(TextPass pass, boolean trains) {
      return new Whole(
          pass.embeds(), trains ? pass.embedsGradient() : null, pass::forward, pass::backward);
    }

    @Override
    public void forward() {
      forwardPass.run();
    }

    @Override
    public void backward() {
      backwardPass.run();
    }
  }

  /** Embeddings that never change. */
  record Constant(Tensor embeds) implements EmbeddingPath {
    @Override
    public Tensor embedsGradient() {
      return null;
    }

    @Override
    public void forward() {}

    @Override
    public void backward() {}
  }
}
