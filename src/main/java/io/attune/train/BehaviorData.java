package io.attune.train;

import io.attune.InputException;
import io.attune.clip.ImageDecoder;
import io.attune.clip.ImagePreprocessor;
import io.attune.clip.Padding;
import io.attune.clip.TextTower;
import io.attune.clip.Tokenizer;
import io.attune.data.Split;
import io.attune.data.Things;
import io.attune.hba.Prompts;
import io.attune.rsa.Rdm;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What stage 1 learns from. Images are numbered: those that train, then those that validate, then
 * the held-out ones.
 *
 * @param train training images
 * @param validation validation images
 * @param heldOut names of the held-out images, in order
 * @param targets (train + validation) x K on 0..100, row by row
 * @param prompts K
 * @param promptIds K x promptLength token ids
 * @param promptLength tokens of each prompt, the longest's length
 * @param pixels images by number
 * @param measured dissimilarities that people gave the held-out images; null if there are none
 */
public record BehaviorData(
    int train,
    int validation,
    List<String> heldOut,
    float[] targets,
    int prompts,
    int[] promptIds,
    int promptLength,
    PixelSource pixels,
    Rdm measured) {
  public BehaviorData {
    heldOut = List.copyOf(heldOut);
    if (train < 1 || validation < 1) {
      throw new InputException(
          "behaviour data: %d training and %d validation images - both are needed"
              .formatted(train, validation));
    }
    if (targets.length != (train + validation) * prompts) {
      throw new InputException(
          "behaviour data: %d target values for %d images and %d prompts"
              .formatted(targets.length, train + validation, prompts));
    }
  }

  /** All images. */
  public int images() {
    return train + validation + heldOut.size();
  }

  /**
   * The reference image of every concept of a split, with its scaled behavioural row.
   *
   * @throws InputException if prompts and dimensions differ in number, or an image is missing
   */
  public static BehaviorData of(
      Things things,
      Split split,
      Prompts prompts,
      Tokenizer tokenizer,
      TextTower tower,
      ImagePreprocessor preprocessor) {
    if (prompts.count() != things.dimensions()) {
      throw new InputException(
          "%d prompts for the %d dimensions of %s - give one prompt for each dimension"
              .formatted(prompts.count(), things.dimensions(), things.files().behavior()));
    }
    List<String> seen = new ArrayList<>(split.train());
    seen.addAll(split.validation());
    float[][] rows = things.targets(seen);
    float[] targets = new float[rows.length * prompts.count()];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(rows[i], 0, targets, i * prompts.count(), prompts.count());
    }
    List<String> all = new ArrayList<>(seen);
    all.addAll(split.heldOut());
    List<Path> files = things.images().references(all);
    PixelSource pixels =
        (index, into, offset) ->
            preprocessor.apply(ImageDecoder.read(files.get(index)), into, offset);
    TokenBatch tokens = TokenBatch.of(prompts.texts(), tokenizer, tower);
    return new BehaviorData(
        split.train().size(),
        split.validation().size(),
        split.heldOut(),
        targets,
        prompts.count(),
        tokens.ids(),
        tokens.length(),
        pixels,
        things.hasHeldOut() ? things.measured().select(split.heldOut()) : null);
  }

  /**
   * Texts as token ids of one length.
   *
   * @param ids texts x length, padded with zeros
   * @param length of the longest
   */
  public record TokenBatch(int[] ids, int length) {
    /** Tokenises; what follows the longest text's end token is cut, since nothing attends to it. */
    public static TokenBatch of(List<String> texts, Tokenizer tokenizer, TextTower tower) {
      tokenizer.requireFit(tower.config());
      int length = 1;
      List<int[]> padded = new ArrayList<>();
      for (String text : texts) {
        int[] ids = tokenizer.encodePadded(text, tower.config().context(), Padding.ZERO);
        padded.add(ids);
        length = Math.max(length, tower.endPosition(ids, 0, ids.length) + 1);
      }
      int[] all = new int[texts.size() * length];
      for (int n = 0; n < texts.size(); n++) {
        System.arraycopy(padded.get(n), 0, all, n * length, length);
      }
      return new TokenBatch(all, length);
    }
  }
}
