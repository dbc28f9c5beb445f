package io.attune.clip;

import io.attune.device.Device;
import io.attune.device.op.Epilogue;
import io.attune.nn.Workspace;
import io.attune.tensor.Tensor;

/** From pixels to the first residual stream: patches, class token, positions, pre_layrnorm. */
public final class VisionEmbedding {
  private final Device device;
  private final VisionTower tower;
  private final int batch;
  private final int patches;
  private final Tensor patchWeight;
  private final Tensor pixels;
  private final Tensor columns;
  private final Tensor[] imageColumns;
  private final Tensor embedded;
  private final Tensor firstPatches;
  private final Tensor stream;
  private final Tensor mean;
  private final Tensor rstd;
  private Tensor dcolumns;
  private Tensor firstColumns;
  private Tensor dpixels;
  private Tensor dstream;
  private Tensor dimages;
  private Tensor[] dpatches;
  private Tensor dweight;
  private Tensor dweightMatrix;

  /**
   * Prepares the embedding of {@code batch} images.
   *
   * @param training whether the embedding trains or the pixels' gradient is wanted
   */
  public VisionEmbedding(
      Device device, VisionTower tower, Workspace workspace, int batch, boolean training) {
    this.device = device;
    this.tower = tower;
    this.batch = batch;
    ClipConfig config = tower.config();
    int width = config.vision().width();
    int tokens = config.visionTokens();
    this.patches = tokens - 1;
    long length = config.patchLength();
    this.patchWeight = tower.patchEmbedding().operand().reshape(width, length);
    this.pixels =
        workspace.tensor(
            "pixel_values", batch, config.channels(), config.imageSize(), config.imageSize());
    this.columns = workspace.operand("patches", (long) batch * patches, length);
    this.imageColumns = new Tensor[batch];
    for (int b = 0; b < batch; b++) {
      imageColumns[b] = columns.rowRange((long) b * patches, patches);
    }
    this.stream = workspace.tensor("vision.stream", batch, tokens, width);
    this.embedded = training ? workspace.tensor("vision.embedded", batch, tokens, width) : stream;
    this.firstPatches = embedded.rowRange(1, patches);
    this.mean = training ? workspace.tensor("pre_layrnorm.mean", (long) batch * tokens) : null;
    this.rstd = training ? workspace.tensor("pre_layrnorm.rstd", (long) batch * tokens) : null;
  }

  /** [B, 3, H, W], to be filled with normalised pixels before {@link #forward}. */
  public Tensor pixels() {
    return pixels;
  }

  /** [B, tokens, D] */
  public Tensor stream() {
    return stream;
  }

  /** Allocates dL/dpixels. */
  void wantPixelGradient(Workspace workspace) {
    dcolumns = workspace.operand("dpatches", columns.rows(), columns.columns());
    firstColumns = dcolumns.rowRange(0, patches);
    dpixels = workspace.tensor("gradient.pixel_values", pixels.shape().dims());
  }

  /** [B, 3, H, W] after the backward pass, where it was asked for; else null. */
  public Tensor pixelGradient() {
    return dpixels;
  }

  public void forward() {
    device.embedding().patches(pixels, tower.config().patchSize(), columns);
    long tokens = patches + 1L;
    device
        .gemm()
        .multiplyBatched(
            batch,
            false,
            imageColumns[0],
            (long) patches * columns.columns(),
            true,
            patchWeight,
            0,
            1,
            0,
            firstPatches,
            tokens * embedded.columns(),
            Epilogue.NONE);
    device
        .embedding()
        .addPositions(tower.classEmbedding().value(), tower.positionEmbedding().value(), embedded);
    tower.preLayerNorm().forward(device, embedded, stream, mean, rstd);
  }

  /**
   * Makes the views of the backward pass.
   *
   * @param dstream [B tokens, D], to hold dL/dstream before {@link #backward}
   */
  void prepareBackward(Tensor dstream) {
    this.dstream = dstream;
    this.dimages = dstream.reshape(batch, patches + 1L, dstream.columns());
    this.dpatches = new Tensor[batch];
    for (int b = 0; b < batch; b++) {
      dpatches[b] = dstream.rowRange(b * (patches + 1L) + 1, patches);
    }
  }

  /**
   * Gradients of the embedding's parameters and, where wanted, of the pixels; overwrites dstream.
   */
  void backward() {
    tower.preLayerNorm().backward(device, dstream, embedded, mean, rstd, dstream, false);
    device
        .embedding()
        .addPositionsBackward(
            dimages, tower.classEmbedding().gradient(), tower.positionEmbedding().gradient());
    Tensor matrix = weightGradient();
    if (matrix != null) {
      for (int b = 0; b < batch; b++) {
        device
            .gemm()
            .multiply(true, dpatches[b], false, imageColumns[b], 1, 1, matrix, Epilogue.NONE);
      }
    }
    if (dpixels != null) {
      device
          .gemm()
          .multiplyBatched(
              batch,
              false,
              dpatches[0],
              (patches + 1L) * dstream.columns(),
              false,
              patchWeight,
              0,
              1,
              0,
              firstColumns,
              (long) patches * dcolumns.columns(),
              Epilogue.NONE);
      device.embedding().patchesBackward(dcolumns, tower.config().patchSize(), dpixels);
    }
  }

  /** The patch convolution's gradient as [D, C p p], or null; seen anew only if it is another. */
  private Tensor weightGradient() {
    Tensor gradient = tower.patchEmbedding().gradient();
    if (gradient != dweight) {
      dweight = gradient;
      dweightMatrix = gradient == null ? null : gradient.reshape(patchWeight.shape().dims());
    }
    return dweightMatrix;
  }
}
