package io.attune.bench;

import io.attune.clip.ClipArchitecture;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * How a stage is run.
 *
 * @param folder where results go
 * @param device as {@code --device} takes it
 * @param tiny sizes that the emulation serves
 * @param architecture of the model that is timed; null for ViT-L/14, and for whole models ViT-B/32
 *     too
 * @param batch images of a step; 0 for 64
 * @param resume keep the rows that the results file holds and measure the others
 * @param only rows whose key this matches somewhere; null for all
 * @param previous results of an earlier version to set beside ours; null for none
 * @param deadline when to stop
 */
public record BenchSettings(
    Path folder,
    String device,
    boolean tiny,
    ClipArchitecture architecture,
    int batch,
    boolean resume,
    Pattern only,
    Path previous,
    Deadline deadline) {
  /** Sizes that the emulation serves. */
  static BenchSettings tiny(Path folder, String device, boolean resume, Pattern only, Deadline by) {
    return new BenchSettings(folder, device, true, null, 0, resume, only, null, by);
  }

  Sizes sizes() {
    return sizes(architecture);
  }

  /**
   * The sizes with a model.
   *
   * @param model null for ViT-L/14, or the tiny one
   */
  Sizes sizes(ClipArchitecture model) {
    Sizes sizes = tiny ? Sizes.TINY : Sizes.TRAINING;
    return new Sizes(
        model == null ? sizes.config() : model.config(),
        batch == 0 ? sizes.batch() : batch,
        sizes.pairs(),
        sizes.elements(),
        sizes.productSide(),
        sizes.copyElements());
  }

  boolean wants(String key) {
    return only == null || only.matcher(key).find();
  }
}
