package io.attune.hba;

import io.attune.clip.VisionPass;
import io.attune.clip.VisionTower;
import io.attune.device.Device;
import io.attune.nn.PassOptions;
import io.attune.nn.Workspace;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;

/**
 * Where the features [L, B, K] of a MEG model come from at one batch size: similarities of every
 * block's class token with every prompt (spec/clip-hba.md section 6).
 */
public sealed interface MegFeatures {
  /** Writes the features. */
  void forward();

  /** From the features' gradient into the adapted weights' gradients. */
  void backward();

  /** Features of all images, computed once since nothing below them trains: stage A. */
  final class Cached implements MegFeatures {
    private final Device device;
    private final Tensor cache;
    private final Tensor rows;
    private final Tensor features;
    private final int[] places;
    private final int images;

    /**
     * Prepares a batch size.
     *
     * @param cache [L N, K], block by block
     * @param features [L, B, K], written
     */
    public Cached(Device device, Tensor cache, Workspace workspace, Tensor features) {
      this.device = device;
      this.cache = cache;
      int blocks = features.shape().dim(0);
      int batch = features.shape().dim(1);
      this.images = cache.rows() / blocks;
      this.rows = workspace.tensor("feature_rows", DType.I32, (long) blocks * batch);
      this.features = features.reshape((long) blocks * batch, features.columns());
      this.places = new int[blocks * batch];
    }

    /** Chooses the images of the batch, numbered as in the cache. */
    public void choose(int[] batch) {
      int blocks = places.length / batch.length;
      for (int j = 0; j < blocks; j++) {
        for (int b = 0; b < batch.length; b++) {
          places[j * batch.length + b] = j * images + batch[b];
        }
      }
      device.write(rows, places, 0);
    }

    @Override
    public void forward() {
      device.embedding().gatherRows(cache, rows, features);
    }

    @Override
    public void backward() {}
  }

  /** Features of pixels, through the whole image tower. */
  final class Computed implements MegFeatures {
    private final VisionPass pass;
    private final ClassTokenSimilarity similarity;

    /**
     * Prepares a batch size.
     *
     * @param matrix [K, D], see {@link ClassTokenSimilarity#matrix}
     * @param features [L, B, K], written
     * @param dfeatures [L, B, K], read; null for inference
     */
    public Computed(
        Device device,
        VisionTower tower,
        Tensor matrix,
        Workspace workspace,
        Tensor features,
        Tensor dfeatures,
        PassOptions options) {
      similarity = new ClassTokenSimilarity(device, matrix, workspace, features, dfeatures);
      pass = new VisionPass(device, tower, workspace, features.shape().dim(1), options);
      pass.tapClassTokens(similarity.classTokens(), similarity.classTokenGradient());
    }

    /** [B, 3, H, W], to be filled before {@link #forward}. */
    public Tensor pixels() {
      return pass.pixels();
    }

    @Override
    public void forward() {
      pass.forwardBlocks();
      similarity.forward();
    }

    @Override
    public void backward() {
      similarity.backward();
      pass.backwardFromClassTokens();
    }
  }
}
