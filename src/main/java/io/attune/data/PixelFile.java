package io.attune.data;

import io.attune.Progress;
import io.attune.clip.ImagePreprocessor;
import io.attune.data.ImageBatches.Unreadable;
import io.attune.format.AtomicFile;
import io.attune.format.NpyWriter;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;

/** Writes preprocessed images, to compare them with another pipeline's. */
public final class PixelFile {
  private static final int BATCH = 16;

  private PixelFile() {}

  /**
   * Writes a {@code .npy} of float32 [images, 3, height, width], a few images in memory at a time,
   * and beside it the names of its rows.
   *
   * @throws io.attune.InputException naming the first image that cannot be read; no file is written
   */
  public static void write(
      Path folder, List<Path> files, ImagePreprocessor preprocessor, Path out, Progress progress) {
    Shape shape = Shape.of(files.size(), 3, preprocessor.height(), preprocessor.width());
    int threads = Runtime.getRuntime().availableProcessors();
    try (NpyWriter writer = NpyWriter.create(out, DType.F32, shape);
        ImageBatches batches =
            new ImageBatches(files, preprocessor, BATCH, threads, Unreadable.FAIL);
        Progress.Task task = progress.start("preprocessing", "images", files.size())) {
      while (batches.hasNext()) {
        ImageBatch images = batches.next();
        writer.append(images.pixels(), 0, images.size() * preprocessor.length());
        task.advance(images.size());
      }
      writer.commit();
    }
    String names =
        files.stream().map(file -> Images.name(folder, file) + "\n").collect(Collectors.joining());
    AtomicFile.writeText(Embeddings.namesFile(out), names);
  }
}
