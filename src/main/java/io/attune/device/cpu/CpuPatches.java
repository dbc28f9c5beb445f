package io.attune.device.cpu;

import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;

/** The copy between images [B, C, H, W] and their patches [B (H/p) (W/p), C p p], either way. */
final class CpuPatches {
  private CpuPatches() {}

  static void copy(CpuThreads threads, Tensor pixels, int patch, Tensor columns, boolean cut) {
    Shape shape = pixels.shape();
    if (shape.rank() != 4 || patch < 1 || shape.dim(2) % patch != 0 || shape.dim(3) % patch != 0) {
      throw new IllegalArgumentException(
          pixels + " is not [B, C, H, W] with H and W multiples of the patch size " + patch);
    }
    int batch = shape.dim(0);
    int channels = shape.dim(1);
    int height = shape.dim(2);
    int down = height / patch;
    int across = shape.dim(3) / patch;
    if (columns.rows() != (long) batch * down * across
        || columns.columns() != (long) channels * patch * patch) {
      throw Shapes.mismatch(
          columns,
          pixels,
          "expected [%d, %d] for patches of %d"
              .formatted((long) batch * down * across, (long) channels * patch * patch, patch));
    }
    float[] pa = CpuBuffer.floats(pixels);
    float[] ca = CpuBuffer.floats(columns);
    threads.run(
        batch * down,
        task -> {
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
        });
  }
}
