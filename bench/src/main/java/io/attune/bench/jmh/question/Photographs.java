package io.attune.bench.jmh.question;

import io.attune.bench.jmh.peer.Values;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;

/** Image files of smooth colours with some noise, so that they have the size of photographs. */
final class Photographs {
  private Photographs() {}

  /** So many different ones in a folder that goes with this process. */
  static List<Path> write(String format, int count, int width, int height) throws IOException {
    Path folder = Files.createTempDirectory("attune-bench-images");
    folder.toFile().deleteOnExit();
    List<Path> files = new ArrayList<>();
    for (int n = 0; n < count; n++) {
      BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
      float[] noise = new Values().normal(6, width * height);
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          double wave = Math.sin((x + 40 * n) / 60.0) * Math.cos(y / 45.0);
          int red = level(128 + 90 * wave + noise[y * width + x]);
          int green = level(200.0 * x / width + noise[y * width + x]);
          int blue = level(60 + 150.0 * y / height - 50 * wave);
          image.setRGB(x, y, red << 16 | green << 8 | blue);
        }
      }
      Path file = folder.resolve(n + "." + format);
      ImageIO.write(image, format, file.toFile());
      file.toFile().deleteOnExit();
      files.add(file);
    }
    return files;
  }

  private static int level(double value) {
    return (int) Math.clamp(value, 0, 255);
  }
}
