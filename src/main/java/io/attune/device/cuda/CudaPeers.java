package io.attune.device.cuda;

import io.attune.device.Device;
import io.attune.device.op.Shapes;
import io.attune.tensor.Tensor;

/** cuDNN on the tensors of a CUDA device, in the device's stream: a peer that we measure. */
public final class CudaPeers implements AutoCloseable {
  private final CudaContext context;
  private final Dnn dnn;

  private CudaPeers(CudaContext context, Dnn dnn) {
    this.context = context;
    this.dnn = dnn;
  }

  /**
   * cuDNN for this device.
   *
   * @throws CudaUnavailableException in one line, where it is not found or does not load
   */
  public static CudaPeers open(Device device) {
    if (!(device instanceof CudaDevice cuda) || device.name().equals("emulated")) {
      throw new CudaUnavailableException("cuDNN does not run on " + device.name());
    }
    CudaContext context = cuda.context();
    context.enter();
    Dnn dnn = Dnn.open(context.driver());
    dnn.setStream(context.stream());
    return new CudaPeers(context, dnn);
  }

  /** One line: the version and where it was found. */
  public String description() {
    return dnn.description();
  }

  /** Queues the softmax of each row. */
  public void softmax(Tensor x, Tensor y) {
    Shapes.same(x, y);
    Shapes.contiguous(x);
    Shapes.contiguous(y);
    context.enter();
    dnn.softmax(CudaBuffer.address(x), CudaBuffer.address(y), x.dtype(), x.rows(), x.columns());
  }

  /**
   * Queues the patch convolution.
   *
   * @param pixels [B, C, H, W]
   * @param weight [D, C p p]
   * @param y [B D, patches of an image]
   */
  public void convolve(Tensor pixels, int patch, Tensor weight, Tensor y) {
    int batch = pixels.shape().dim(0);
    int outputs = weight.rows();
    int height = pixels.shape().dim(2);
    int width = pixels.shape().dim(3);
    Dnn.Patches shape =
        new Dnn.Patches(
            pixels.dtype(), batch, pixels.shape().dim(1), height, width, patch, outputs);
    Shapes.vector(
        y.reshape(y.size()),
        Math.multiplyExact(batch * outputs, height / patch * (width / patch)),
        "result",
        pixels);
    context.enter();
    dnn.convolve(
        shape, CudaBuffer.address(pixels), CudaBuffer.address(weight), CudaBuffer.address(y));
  }

  @Override
  public void close() {
    context.enter();
    context.driver().synchronize(context.stream());
    dnn.close();
  }
}
