package io.attune.data;

import java.nio.file.Path;
import java.util.List;

/**
 * Preprocessed images, in the order of the list they were asked from.
 *
 * @param files the images that were read, a row of pixels each
 * @param pixels [files, 3, height, width]; longer than that where the batch is not full, and valid
 *     until the next batch is taken
 */
public record ImageBatch(List<Path> files, float[] pixels) {
  public int size() {
    return files.size();
  }
}
