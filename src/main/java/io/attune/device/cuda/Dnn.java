package io.attune.device.cuda;

import io.attune.tensor.DType;

/**
 * NVIDIA's own neural network operations, which need cuDNN 9: a peer that our kernels are measured
 * against. Nothing else needs it. It belongs to the context that is current when it is opened and
 * to one thread at a time; work is queued in the stream set last.
 */
public interface Dnn extends AutoCloseable {
  /**
   * Finds cuDNN and makes a handle in the driver's current context.
   *
   * @throws CudaUnavailableException in one line, where it is not found or does not load
   */
  static Dnn open(CudaDriver driver) {
    return new JCudnnDnn(CudaLibrary.CUDNN.load(), driver);
  }

  /** One line: the version and where it was found. */
  String description();

  void setStream(CudaDriver.Stream stream);

  /** Queues the softmax of each row of x, [rows, columns] without gaps, both F32 or BF16. */
  void softmax(long x, long y, DType type, int rows, int columns);

  /**
   * The convolution that turns images into patches, its stride being the patch's side.
   *
   * @param type of pixels, weight and result, F32 or BF16
   * @param outputs channels of the result, D
   */
  record Patches(
      DType type, int batch, int channels, int height, int width, int patch, int outputs) {}

  /**
   * Queues a convolution without bias. The first call of a shape chooses the algorithm.
   *
   * @param pixels address of [B, C, H, W]
   * @param weight address of [D, C, p, p]
   * @param y address of [B, D, H/p, W/p]
   */
  void convolve(Patches shape, long pixels, long weight, long y);

  @Override
  void close();
}
