package io.attune.train;

import io.attune.clip.ClipConfig;

/**
 * What of one tower is constant, given its lowest adapted block, and what that saves. Operations
 * count two for a multiplication with its addition, in matrix products and attention only.
 *
 * @param tower sizes
 * @param first lowest adapted block; the number of blocks where none is
 * @param tokens tokens of an input, T
 * @param embeddingLength inputs of the patch convolution of one token; 0 for text
 * @param projection width of the shared embedding
 * @param pooledLast whether the last block, when it is not the first adapted one, is computed for
 *     the pooled token only: so in the image tower, whose pooled token is the same in every input
 */
record TowerPlan(
    ClipConfig.Tower tower,
    int first,
    int tokens,
    int embeddingLength,
    int projection,
    boolean pooledLast) {
  static TowerPlan vision(ClipConfig config, int first) {
    return new TowerPlan(
        config.vision(),
        first,
        config.visionTokens(),
        config.patchLength(),
        config.projection(),
        true);
  }

  static TowerPlan text(ClipConfig config, int first, int length) {
    return new TowerPlan(config.text(), first, length, 0, config.projection(), false);
  }

  boolean trains() {
    return first < tower.blocks();
  }

  /** Whether the lowest adapted block is the last, so that only the pooled token matters. */
  boolean pooledOnly() {
    return first == tower.blocks() - 1;
  }

  /** Rows of the residual stream to keep of each input. */
  int cachedRows() {
    return pooledOnly() ? 1 : tokens;
  }

  /** Numbers to keep of each input: the stream and the heads' outputs, or the embedding. */
  long cachedElements() {
    return trains() ? 2L * cachedRows() * tower.width() : projection;
  }

  /** Forward and backward of one input if every block is computed for every token. */
  double operationsWithout() {
    double forward = 2.0 * tokens * embeddingLength * tower.width() + head();
    for (int n = 0; n < tower.blocks(); n++) {
      forward += attentionForward(tokens) + outputForward(tokens);
    }
    return forward + backward(tokens, tokens);
  }

  /** Forward and backward of one input if all that is constant is cached. */
  double operationsWith() {
    if (!trains()) {
      return 0;
    }
    int last = pooledLast ? 1 : tokens;
    double forward = head() + outputForward(cachedRows());
    for (int n = first + 1; n < tower.blocks(); n++) {
      int rows = n == tower.blocks() - 1 ? last : tokens;
      forward += attentionForward(rows) + outputForward(rows);
    }
    return forward + backward(cachedRows(), last);
  }

  private double head() {
    return 2.0 * tower.width() * projection;
  }

  /** q, k, v and attention, with outputs wanted for {@code rows} tokens. */
  private double attentionForward(int rows) {
    double width = tower.width();
    return 2 * width * width * (rows + 2.0 * tokens) + 4.0 * rows * tokens * width;
  }

  private double outputForward(int rows) {
    double width = tower.width();
    return 2.0 * rows * width * width + 4.0 * rows * width * tower.hidden();
  }

  private double backward(int firstRows, int lastRows) {
    if (!trains()) {
      return 0;
    }
    double width = tower.width();
    double sum = head();
    for (int n = tower.blocks() - 1; n >= first; n--) {
      int rows = n == first ? firstRows : n == tower.blocks() - 1 ? lastRows : tokens;
      sum += outputForward(rows);
      if (n > first) {
        sum += 2.0 * rows * width * width;
        sum += 10.0 * rows * tokens * width + 2 * width * width * (rows + 2.0 * tokens);
      }
    }
    return sum;
  }
}
