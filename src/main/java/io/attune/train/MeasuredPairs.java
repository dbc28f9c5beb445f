package io.attune.train;

import io.attune.InputException;
import io.attune.data.meg.MegTarget;
import java.util.List;

/**
 * A target's dissimilarities between a run's images. What no correlation is defined for is refused
 * with its time: NaN, and the same value for all pairs of a batch.
 */
final class MeasuredPairs implements MegData.Targets {
  private final MegTarget target;
  private final List<String> names;
  private final int[] rows;

  /** Finds the images' rows by their names. */
  MeasuredPairs(MegTarget target, List<String> names) {
    this.target = target;
    this.names = List.copyOf(names);
    this.rows = target.rows(names);
  }

  @Override
  public void read(int[] images, float[] into) {
    int[] chosen = new int[images.length];
    for (int b = 0; b < chosen.length; b++) {
      chosen[b] = rows[images[b]];
    }
    target.pairs(chosen, into);
    int pairs = into.length / target.times();
    for (int t = 0; t < target.times(); t++) {
      require(into, t * pairs, pairs, t, images);
    }
  }

  /**
   * Reads all batches once, so that what is wrong with a target shows before anything is trained.
   *
   * @throws InputException as {@link #read} does
   */
  void require(int[][] batches) {
    for (int[] batch : batches) {
      // Too few images are refused as such.
      if (batch.length >= MegSettings.FEWEST) {
        read(batch, new float[target.times() * (batch.length * (batch.length - 1) / 2)]);
      }
    }
  }

  private void require(float[] values, int from, int pairs, int time, int[] images) {
    float first = values[from];
    boolean constant = true;
    for (int p = 0; p < pairs; p++) {
      float value = values[from + p];
      if (Float.isNaN(value)) {
        throw new InputException(
            "%s: the dissimilarity of %s at %s ms is NaN - condense again"
                .formatted(target.file(), pair(p, images), ms(time)));
      }
      constant &= value == first;
    }
    if (constant) {
      throw new InputException(
          "%s: at %s ms all dissimilarities between the %d images of a batch (%s, %s, ...) are %s, so they correlate with nothing - leave that time out (data meg-condense --times) or use a larger --batch"
              .formatted(
                  target.file(),
                  ms(time),
                  images.length,
                  names.get(images[0]),
                  names.get(images[1]),
                  first));
    }
  }

  private String ms(int time) {
    double ms = target.axis().ms(time);
    return ms == Math.rint(ms) ? Long.toString((long) ms) : Double.toString(ms);
  }

  private String pair(int pair, int[] images) {
    int left = pair;
    int a = 0;
    while (left >= images.length - 1 - a) {
      left -= images.length - 1 - a;
      a++;
    }
    return names.get(images[a]) + " and " + names.get(images[a + 1 + left]);
  }
}
