package io.attune.device.cpu;

import io.attune.device.op.EmbeddingShapes;
import io.attune.tensor.Tensor;

/**
 * The copy between images [B, C, H, W] and their patches [B (H/p) (W/p), C p p], either way, a task
 * for each row of patches.
 */
final class CpuPatches implements CpuThreads.Task {
  private final CpuThreads threads;
  private Tensor pixels;
  private Tensor columns;
  private int patch;
  private boolean cut;

  CpuPatches(CpuThreads threads) {
    this.threads = threads;
  }

  /** Cuts the images into {@code columns}, or puts them together again. */
  void copy(Tensor pixels, int patch, Tensor columns, boolean cut) {
    EmbeddingShapes.patches(pixels, patch, columns);
    this.pixels = pixels;
    this.columns = columns;
    this.patch = patch;
    this.cut = cut;
    threads.run(pixels.shape().dim(0) * (pixels.shape().dim(2) / patch), this);
  }

  @Override
  public void run(int task) {
    float[] pa = CpuBuffer.floats(pixels);
    float[] ca = CpuBuffer.floats(columns);
    int channels = pixels.shape().dim(1);
    int height = pixels.shape().dim(2);
    int down = height / patch;
    int across = pixels.shape().dim(3) / patch;
    int image = task / down;
    int top = task % down * patch;
    for (int channel = 0; channel < channels; channel++) {
      for (int y = 0; y < patch; y++) {
        int pi = CpuBuffer.row(pixels, (image * channels + channel) * height + top + y);
        int inPatch = (channel * patch + y) * patch;
        for (int x = 0; x < across; x++) {
          int ci = CpuBuffer.row(columns, task * across + x) + inPatch;
          if (cut) {
            System.arraycopy(pa, pi + x * patch, ca, ci, patch);
          } else {
            System.arraycopy(ca, ci, pa, pi + x * patch, patch);
          }
        }
      }
    }
  }
}
