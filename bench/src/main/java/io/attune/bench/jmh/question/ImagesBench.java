package io.attune.bench.jmh.question;

import io.attune.bench.jmh.Amount;
import io.attune.bench.jmh.Contest;
import io.attune.bench.jmh.Contestant;
import io.attune.bench.jmh.Provider;
import io.attune.bench.jmh.Question;
import io.attune.bench.jmh.peer.OnArrays;
import io.attune.bench.jmh.peer.Python;
import io.attune.clip.ImageDecoder;
import io.attune.clip.ImagePreprocessor;
import io.attune.clip.PreprocessorConfig;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

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
                threads -> ours(Photographs.write(format, count, width, height)),
                Provider.PIL,
                threads -> Python.on(1, "images", Photographs.write(format, count, width, height))))
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
}
