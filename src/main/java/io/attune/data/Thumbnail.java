package io.attune.data;

import io.attune.clip.ImageDecoder;
import io.attune.clip.ImagePreprocessor;
import io.attune.clip.PreprocessorConfig;
import io.attune.clip.RgbImage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/** Small square pictures of image files, for reports. */
public final class Thumbnail {
  private Thumbnail() {}

  /**
   * The middle of an image as JPEG bytes.
   *
   * @param side pixels
   * @throws io.attune.InputException if the file cannot be read
   */
  public static byte[] jpeg(Path file, int side) {
    RgbImage small =
        ImagePreprocessor.clip(PreprocessorConfig.standard(side))
            .resizeAndCrop(ImageDecoder.read(file));
    BufferedImage image = new BufferedImage(side, side, BufferedImage.TYPE_INT_RGB);
    byte[] rgb = small.rgb();
    for (int i = 0; i < side * side; i++) {
      int pixel = (rgb[3 * i] & 0xff) << 16 | (rgb[3 * i + 1] & 0xff) << 8 | rgb[3 * i + 2] & 0xff;
      image.setRGB(i % side, i / side, pixel);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "jpg", bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }
}
