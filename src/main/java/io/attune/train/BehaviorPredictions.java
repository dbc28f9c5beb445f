package io.attune.train;

import io.attune.Progress;
import io.attune.clip.Clip;
import io.attune.clip.ClipModel;
import io.attune.clip.ImageEncoder;
import io.attune.clip.ImagePreprocessor;
import io.attune.clip.TextEncoder;
import io.attune.clip.Tokenizer;
import io.attune.data.ImageBatch;
import io.attune.data.ImageBatches;
import io.attune.hba.Prompts;
import java.nio.file.Path;
import java.util.List;

/** The behavioural dimensions that a model predicts for images. */
public final class BehaviorPredictions {
  private static final int BATCH = 64;

  private BehaviorPredictions() {}

  /**
   * Predicts {@code exp(logit_scale) cos(image, prompt)}.
   *
   * @param files N images
   * @return N x K
   */
  public static double[][] of(
      ClipModel model,
      List<Path> files,
      Prompts prompts,
      Tokenizer tokenizer,
      ImagePreprocessor preprocessor,
      Progress progress) {
    Clip clip = model.clip();
    int width = clip.config().projection();
    BehaviorData.TokenBatch tokens =
        BehaviorData.TokenBatch.of(prompts.texts(), tokenizer, clip.text());
    float[] texts =
        new TextEncoder(model.device(), clip)
            .encode(tokens.ids(), prompts.count(), tokens.length());
    double[][] units = units(texts, width);
    double scale = Math.exp(model.device().toArray(clip.logitScale().value())[0]);
    double[][] predictions = new double[files.size()][prompts.count()];
    int most = Math.min(BATCH, files.size());
    int threads = Runtime.getRuntime().availableProcessors();
    float[] embeds = new float[files.size() * width];
    int done = 0;
    try (ImageEncoder encoder = ImageEncoder.fitting(model.device(), clip, most);
        ImageBatches batches =
            new ImageBatches(
                files, preprocessor, encoder.batch(), threads, ImageBatches.Unreadable.FAIL);
        Progress.Task bar = progress.start("predicting", "images", files.size())) {
      while (batches.hasNext()) {
        ImageBatch images = batches.next();
        encoder.encode(images.pixels(), images.size(), embeds, done * width);
        done += images.size();
        bar.advance(images.size());
      }
    }
    double[][] images = units(embeds, width);
    for (int i = 0; i < images.length; i++) {
      for (int k = 0; k < units.length; k++) {
        double cosine = 0;
        for (int j = 0; j < width; j++) {
          cosine += images[i][j] * units[k][j];
        }
        predictions[i][k] = scale * cosine;
      }
    }
    return predictions;
  }

  private static double[][] units(float[] rows, int width) {
    double[][] units = new double[rows.length / width][width];
    for (int i = 0; i < units.length; i++) {
      double squares = 0;
      for (int j = 0; j < width; j++) {
        units[i][j] = rows[i * width + j];
        squares += units[i][j] * units[i][j];
      }
      double norm = Math.sqrt(squares);
      for (int j = 0; j < width; j++) {
        units[i][j] /= norm;
      }
    }
    return units;
  }
}
