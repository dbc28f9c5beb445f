package io.attune.report;

import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Base64;
import javax.imageio.ImageIO;

/** A large RDM as a PNG, a pixel a cell, for which a page of rectangles would be too heavy. */
final class RdmPicture {
  private static final int MISSING = 0x808080;

  private RdmPicture() {}

  /**
   * A data URI of the picture.
   *
   * @param square n x n values on 0..1, NaN shown in grey
   */
  static String dataUri(double[][] square) {
    int n = square.length;
    BufferedImage image = new BufferedImage(n, n, BufferedImage.TYPE_INT_RGB);
    for (int y = 0; y < n; y++) {
      for (int x = 0; x < n; x++) {
        double value = square[y][x];
        image.setRGB(x, y, Double.isNaN(value) ? MISSING : Viridis.rgb(value));
      }
    }
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try {
      ImageIO.write(image, "png", png);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return "data:image/png;base64," + Base64.getEncoder().encodeToString(png.toByteArray());
  }
}
