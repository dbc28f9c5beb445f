package io.attune.clip;

import io.attune.InputException;
import java.nio.file.Path;

/** Which of the two pipelines prepares images. */
public enum Preprocessing {
  /** The model's own, from its {@code preprocessor_config.json}. */
  CLIP,
  /** The paper's: squashed to the model's size, bilinear, the paper's mean and deviation. */
  PAPER;

  /**
   * The pipeline for a model.
   *
   * @throws InputException if the model's own pipeline makes images of a size that its vision tower
   *     does not take
   */
  public ImagePreprocessor forModel(Path modelFolder, ClipConfig config) {
    int size = config.imageSize();
    if (this == PAPER) {
      return ImagePreprocessor.paper(size, size);
    }
    ImagePreprocessor own = ImagePreprocessor.clip(modelFolder);
    if (own.width() != size || own.height() != size) {
      throw new InputException(
          "%s makes images of %dx%d, but config.json says image_size %d"
              .formatted(
                  modelFolder.resolve(PreprocessorConfig.FILE_NAME),
                  own.width(),
                  own.height(),
                  size));
    }
    return own;
  }
}
