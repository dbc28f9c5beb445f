package io.attune.bench.jmh.question;

import io.attune.bench.jmh.Amount;
import io.attune.bench.jmh.Contest;
import io.attune.bench.jmh.Contestant;
import io.attune.bench.jmh.Provider;
import io.attune.bench.jmh.Question;
import io.attune.bench.jmh.peer.OnArrays;
import io.attune.bench.jmh.peer.Python;
import io.attune.bench.jmh.peer.Values;
import io.attune.clip.ImageDecoder;
import io.attune.clip.ImagePreprocessor;
import io.attune.clip.PreprocessorConfig;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;

/** From image files to normalised pixels, beside PIL: decoded, resized, cut, on one thread. */
public final class ImagesBench implements Question {
  private static final int SIDE = 224;

  @Override
  public String name() {
    return "images";
  }

  @Override
  public String description() {
    return "decoding and preprocessing of images, beside PIL";
  }

  @Override
  public List<Contest> contests() {
    return List.of(contest("jpg", 16, 800, 800), contest("png", 16, 800, 800));
  }

  @Override
  public List<Contest> samples() {
    return List.of(contest("jpg", 2, 300, 300), contest("png", 2, 250, 250));
  }

  private static Contest contest(String format, int count, int width, int height) {
    return Contest.of(
            "images " + format,
            "%d of %dx%d".formatted(count, width, height),
            Amount.items(count, "images", 0),
            // Bytes are the same; the normalisation rounds otherwise.
            1e-6,
            Map.of(
                Provider.ATTUNE,
                threads -> ours(write(format, count, width, height)),
                Provider.PIL,
                threads -> Python.on(1, "images", write(format, count, width, height))))
        .paced(Contest.Pace.LONG);
  }

  private static Contestant ours(List<Path> files) {
    ImagePreprocessor preprocessor = ImagePreprocessor.clip(PreprocessorConfig.standard(SIDE));
    float[] pixels = new float[3 * SIDE * SIDE];
    return new OnArrays(
        () -> {
          for (Path file : files) {
            preprocessor.apply(ImageDecoder.read(file), pixels, 0);
          }
        },
        pixels);
  }

  /** Smooth colours with some noise, so that files have the size that photographs have. */
  private static List<Path> write(String format, int count, int width, int height)
      throws IOException {
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
