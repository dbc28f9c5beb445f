package io.attune.clip;

import io.attune.InputException;
import java.nio.file.Path;

/**
 * From an RGB image to what a vision tower reads: resize with PIL's filters, centre crop, scale and
 * normalise per channel. The 8-bit pixels before scaling equal PIL's in every byte.
 *
 * <p>Arithmetic of the last step, in float32 as the pipelines that it mirrors: {@code clip}
 * (Hugging Face) multiplies the byte by the rescale factor in double, rounds to float, subtracts
 * the float mean and divides by the float deviation; {@code paper} (torchvision) divides the float
 * byte by 255f first. Since a value depends on the channel and the byte only, it is looked up in a
 * table of 3 x 256. Immutable, safe for use by several threads.
 */
public final class ImagePreprocessor {
  private final PreprocessorConfig config;
  private final CropRounding rounding;
  private final float[][] values;

  private ImagePreprocessor(
      PreprocessorConfig config, CropRounding rounding, boolean divideByByteRange) {
    this.config = config;
    this.rounding = rounding;
    this.values = new float[3][256];
    for (int c = 0; c < 3; c++) {
      for (int b = 0; b < 256; b++) {
        float v = b;
        if (divideByByteRange) {
          v = b / 255f;
        } else if (config.doRescale()) {
          v = (float) (b * config.rescaleFactor());
        }
        if (config.doNormalize()) {
          v = (v - (float) config.mean()[c]) / (float) config.std()[c];
        }
        values[c][b] = v;
      }
    }
  }

  /** The standard pipeline of {@code config}, with Hugging Face's crop offset. */
  public static ImagePreprocessor clip(PreprocessorConfig config) {
    return clip(config, CropRounding.HUGGING_FACE);
  }

  public static ImagePreprocessor clip(PreprocessorConfig config, CropRounding rounding) {
    return new ImagePreprocessor(config, rounding, false);
  }

  /**
   * The standard pipeline of a model folder's preprocessor_config.json.
   *
   * @throws io.attune.InputException when it is missing or asks for what is not offered
   */
  public static ImagePreprocessor clip(Path modelDir) {
    return clip(PreprocessorConfig.read(modelDir));
  }

  /**
   * The paper's pipeline: squashed to exactly {@code width} x {@code height} with the bilinear
   * filter, no crop, the paper's own mean and deviation.
   */
  public static ImagePreprocessor paper(int width, int height) {
    return new ImagePreprocessor(
        PreprocessorConfig.paper(width, height), CropRounding.HUGGING_FACE, true);
  }

  /** Columns of the output. */
  public int width() {
    return config.outputWidth();
  }

  /** Rows of the output. */
  public int height() {
    return config.outputHeight();
  }

  /** Floats of one image, 3 x height x width. */
  public int length() {
    return 3 * width() * height();
  }

  /** [3, height, width] of one image, newly allocated. */
  public float[] apply(RgbImage image) {
    float[] out = new float[length()];
    apply(image, out, 0);
    return out;
  }

  /** Writes [3, height, width] at {@code offset} of {@code out}. */
  public void apply(RgbImage image, float[] out, int offset) {
    byte[] rgb = resizeAndCrop(image).rgb();
    int plane = width() * height();
    for (int c = 0; c < 3; c++) {
      float[] value = values[c];
      int to = offset + c * plane;
      for (int i = 0, from = c; i < plane; i++, from += 3) {
        out[to + i] = value[rgb[from] & 0xFF];
      }
    }
  }

  /** The 8-bit pixels that the model sees, before scaling: equal to PIL's in every byte. */
  public RgbImage resizeAndCrop(RgbImage image) {
    RgbImage resized = resize(image);
    return config.doCenterCrop() ? crop(resized) : resized;
  }

  private RgbImage resize(RgbImage image) {
    if (!config.doResize()) {
      return image;
    }
    PreprocessorConfig.Size size = config.size();
    if (!size.isShortestEdge()) {
      return resize(image, size.width(), size.height());
    }
    int edge = size.shortestEdge();
    boolean wide = image.width() > image.height();
    int shorter = wide ? image.height() : image.width();
    int longer = wide ? image.width() : image.height();
    long scaled = (long) ((double) ((long) edge * longer) / shorter);
    return wide ? resize(image, scaled, edge) : resize(image, edge, scaled);
  }

  /** Between the two passes an image has the new width and the old height. */
  private RgbImage resize(RgbImage image, long width, long height) {
    if (width * Math.max(height, image.height()) > ImageDecoder.MAX_PIXELS) {
      throw new InputException(
          "an image of %dx%d is too narrow: resizing it to %dx%d would take more than %d pixels"
              .formatted(image.width(), image.height(), width, height, ImageDecoder.MAX_PIXELS));
    }
    return PilResize.resize(image, (int) width, (int) height, config.resample());
  }

  /** A smaller image is surrounded with black, as both pipelines do. */
  private RgbImage crop(RgbImage image) {
    int width = config.cropWidth();
    int height = config.cropHeight();
    if (width == image.width() && height == image.height()) {
      return image;
    }
    byte[] out = new byte[3 * width * height];
    int fromX = image.width() >= width ? rounding.offset(image.width(), width) : 0;
    int toX = image.width() >= width ? 0 : rounding.padding(image.width(), width);
    int fromY = image.height() >= height ? rounding.offset(image.height(), height) : 0;
    int toY = image.height() >= height ? 0 : rounding.padding(image.height(), height);
    int columns = Math.min(width, image.width());
    int rows = Math.min(height, image.height());
    for (int y = 0; y < rows; y++) {
      System.arraycopy(
          image.rgb(),
          3 * ((fromY + y) * image.width() + fromX),
          out,
          3 * ((toY + y) * width + toX),
          3 * columns);
    }
    return new RgbImage(width, height, out);
  }
}
