package io.attune.data;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.clip.Clip;
import io.attune.clip.ClipModel;
import io.attune.clip.ImageEncoder;
import io.attune.clip.ImagePreprocessor;
import io.attune.clip.TextEncoder;
import io.attune.data.ImageBatches.Unreadable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Computes the embeddings of images or texts, before L2 normalisation. */
public final class Embedder {
  private final ClipModel model;
  private final Progress progress;

  /** The model stays the caller's. */
  public Embedder(ClipModel model, Progress progress) {
    this.model = model;
    this.progress = progress;
  }

  /**
   * Embeds image files, named by their path below {@code folder}.
   *
   * @param batch most images at once
   * @param unreadable whether an image that cannot be read ends the work or is told and left out
   * @throws InputException if none could be read
   */
  public Embeddings images(
      Path folder,
      List<Path> files,
      ImagePreprocessor preprocessor,
      int batch,
      Unreadable unreadable) {
    Clip clip = model.clip();
    int width = clip.config().projection();
    float[] values = values(files.size(), width);
    List<String> names = new ArrayList<>();
    int most = Math.min(batch, files.size());
    int threads = Runtime.getRuntime().availableProcessors();
    try (ImageBatches batches = new ImageBatches(files, preprocessor, most, threads, unreadable);
        ImageEncoder encoder = new ImageEncoder(model.device(), clip, most);
        Progress.Task task = progress.start("embedding", "images", files.size())) {
      while (batches.hasNext()) {
        ImageBatch images = batches.next();
        if (images.size() > 0) {
          encoder.encode(images.pixels(), images.size(), values, names.size() * width);
        }
        images.files().forEach(file -> names.add(Images.name(folder, file)));
        task.advance(images.size());
      }
      batches.skipped().forEach(image -> progress.message("skipped: " + image.reason()));
    }
    if (names.isEmpty()) {
      throw new InputException(folder + ": none of its images could be read");
    }
    return new Embeddings(names, width, Arrays.copyOf(values, names.size() * width));
  }

  /** Embeds texts, named by themselves. */
  public Embeddings texts(Texts texts) {
    int width = model.config().projection();
    int count = texts.lines().size();
    try (Progress.Task task = progress.start("embedding", "texts", count)) {
      float[] values =
          new TextEncoder(model.device(), model.clip()).encode(texts.ids(), count, texts.length());
      task.advance(count);
      return new Embeddings(texts.lines(), width, values);
    }
  }

  private static float[] values(int rows, int width) {
    if ((long) rows * width > Integer.MAX_VALUE - 16) {
      throw new InputException(
          "%d embeddings of %d numbers are more than one file here holds; embed parts of the folder"
              .formatted(rows, width));
    }
    return new float[rows * width];
  }
}
