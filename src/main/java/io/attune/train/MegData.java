package io.attune.train;

import io.attune.InputException;
import io.attune.hba.TimeCourses;
import java.util.List;

/**
 * What a MEG model learns from. Images are numbered: those that train, then those that validate.
 *
 * @param train training images
 * @param names of all images by number
 * @param courses alpha, beta and nu, not windowed
 * @param window time points to each side over which rows of layer weights are averaged
 * @param targets measured dissimilarities
 * @param prompts K
 * @param textUnit K x projection, the prompts' embeddings at unit length, row by row
 * @param pixels images by number
 */
public record MegData(
    int train,
    List<String> names,
    TimeCourses courses,
    int window,
    Targets targets,
    int prompts,
    float[] textUnit,
    PixelSource pixels) {
  /** Measured dissimilarities at all times. */
  public interface Targets {
    /**
     * Reads those between some images.
     *
     * @param images B of them, by number
     * @param into takes [T, B (B - 1) / 2], upper triangles row by row in the order given
     */
    void read(int[] images, float[] into);
  }

  public MegData {
    names = List.copyOf(names);
    int validation = names.size() - train;
    if (train < MegSettings.FEWEST || validation < MegSettings.FEWEST) {
      throw new InputException(
          "MEG data: %d training and %d validation images - at least %d of each are needed to compare RDMs"
              .formatted(train, validation, MegSettings.FEWEST));
    }
  }

  /** Training and validation images. */
  public int images() {
    return names.size();
  }

  /** Validation images. */
  public int validation() {
    return images() - train;
  }

  /** T. */
  public int times() {
    return courses.times();
  }
}
