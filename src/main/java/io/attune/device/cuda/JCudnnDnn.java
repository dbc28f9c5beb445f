package io.attune.device.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static jcuda.jcudnn.JCudnn.*;

import io.attune.device.cuda.JCudaHandles.DeviceAddress;
import io.attune.device.cuda.JCudaHandles.HostAddress;
import io.attune.device.cuda.JCudaHandles.Queue;
import io.attune.tensor.DType;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.Map;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionDescriptor;
import jcuda.jcudnn.cudnnConvolutionFwdAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionMode;
import jcuda.jcudnn.cudnnDataType;
import jcuda.jcudnn.cudnnFilterDescriptor;
import jcuda.jcudnn.cudnnHandle;
import jcuda.jcudnn.cudnnMathType;
import jcuda.jcudnn.cudnnSoftmaxAlgorithm;
import jcuda.jcudnn.cudnnSoftmaxMode;
import jcuda.jcudnn.cudnnTensorDescriptor;
import jcuda.jcudnn.cudnnTensorFormat;
import jcuda.runtime.cudaStream_t;

/** cuDNN 9 through JCudnn, on a {@link JCudaDriver}; every status is checked. */
final class JCudnnDnn implements Dnn {
  private static final int NCHW = cudnnTensorFormat.CUDNN_TENSOR_NCHW;
  private static final int ALGORITHMS = 8;

  private final CudaLibrary.Loaded library;
  private final CudaDriver driver;
  private final cudnnHandle handle = new cudnnHandle();
  private final Arena arena = Arena.ofShared();
  private final HostAddress one = new HostAddress(arena.allocateFrom(JAVA_FLOAT, 1f).address());
  private final HostAddress zero = new HostAddress(arena.allocateFrom(JAVA_FLOAT, 0f).address());
  private final cudnnTensorDescriptor matrix = new cudnnTensorDescriptor();
  private final Map<Patches, Convolution> convolutions = new HashMap<>();

  /** What one shape needs: descriptions, the algorithm and its workspace. */
  private record Convolution(
      cudnnTensorDescriptor x,
      cudnnFilterDescriptor weight,
      cudnnConvolutionDescriptor stride,
      cudnnTensorDescriptor y,
      int algorithm,
      long workspace,
      long workspaceBytes) {}

  JCudnnDnn(CudaLibrary.Loaded library, CudaDriver driver) {
    this.library = library;
    this.driver = driver;
    JCudaNatives.load("cuDNN", () -> JCudnn.setExceptionsEnabled(false));
    check("cudnnCreate", cudnnCreate(handle));
    check("cudnnCreateTensorDescriptor", cudnnCreateTensorDescriptor(matrix));
  }

  /** cuDNN's version once its library is loaded, 91002 for 9.10.2; this needs no GPU. */
  static long version() {
    JCudaNatives.load("cuDNN", () -> JCudnn.setExceptionsEnabled(false));
    return cudnnGetVersion();
  }

  /** {@link #version} in words. */
  static String versionText() {
    long version = version();
    return "cuDNN %d.%d.%d".formatted(version / 10_000, version / 100 % 100, version % 100);
  }

  @Override
  public String description() {
    return versionText() + " at " + library.path() + " through JCudnn";
  }

  @Override
  public void setStream(CudaDriver.Stream stream) {
    check("cudnnSetStream", cudnnSetStream(handle, new cudaStream_t((Queue) stream)));
  }

  @Override
  public void softmax(long x, long y, DType type, int rows, int columns) {
    check(
        "cudnnSetTensor4dDescriptor",
        cudnnSetTensor4dDescriptor(matrix, NCHW, number(type), rows, columns, 1, 1));
    check(
        "cudnnSoftmaxForward",
        cudnnSoftmaxForward(
            handle,
            cudnnSoftmaxAlgorithm.CUDNN_SOFTMAX_ACCURATE,
            cudnnSoftmaxMode.CUDNN_SOFTMAX_MODE_INSTANCE,
            one,
            matrix,
            new DeviceAddress(x),
            zero,
            matrix,
            new DeviceAddress(y)));
  }

  @Override
  public void convolve(Patches shape, long pixels, long weight, long y) {
    Convolution plan = convolutions.get(shape);
    if (plan == null) {
      plan = plan(shape);
      convolutions.put(shape, plan);
    }
    check(
        "cudnnConvolutionForward",
        cudnnConvolutionForward(
            handle,
            one,
            plan.x,
            new DeviceAddress(pixels),
            plan.weight,
            new DeviceAddress(weight),
            plan.stride,
            plan.algorithm,
            new DeviceAddress(plan.workspace),
            plan.workspaceBytes,
            zero,
            plan.y,
            new DeviceAddress(y)));
  }

  private Convolution plan(Patches shape) {
    int type = number(shape.type());
    int p = shape.patch();
    cudnnTensorDescriptor x =
        tensor(type, shape.batch(), shape.channels(), shape.height(), shape.width());
    cudnnTensorDescriptor y =
        tensor(type, shape.batch(), shape.outputs(), shape.height() / p, shape.width() / p);
    cudnnFilterDescriptor weight = new cudnnFilterDescriptor();
    check("cudnnCreateFilterDescriptor", cudnnCreateFilterDescriptor(weight));
    check(
        "cudnnSetFilter4dDescriptor",
        cudnnSetFilter4dDescriptor(weight, type, NCHW, shape.outputs(), shape.channels(), p, p));
    cudnnConvolutionDescriptor stride = new cudnnConvolutionDescriptor();
    check("cudnnCreateConvolutionDescriptor", cudnnCreateConvolutionDescriptor(stride));
    check(
        "cudnnSetConvolution2dDescriptor",
        cudnnSetConvolution2dDescriptor(
            stride,
            0,
            0,
            p,
            p,
            1,
            1,
            cudnnConvolutionMode.CUDNN_CROSS_CORRELATION,
            cudnnDataType.CUDNN_DATA_FLOAT));
    // F32 in F32: by default cuDNN would round operands to tf32. BF16 needs the tensor cores.
    int math =
        shape.type() == DType.F32
            ? cudnnMathType.CUDNN_FMA_MATH
            : cudnnMathType.CUDNN_TENSOR_OP_MATH;
    check("cudnnSetConvolutionMathType", cudnnSetConvolutionMathType(stride, math));
    cudnnConvolutionFwdAlgoPerf best = algorithm(shape, x, weight, stride, y);
    long workspace = best.memory == 0 ? 0 : driver.allocate(best.memory);
    return new Convolution(x, weight, stride, y, best.algo, workspace, best.memory);
  }

  private cudnnConvolutionFwdAlgoPerf algorithm(
      Patches shape,
      cudnnTensorDescriptor x,
      cudnnFilterDescriptor weight,
      cudnnConvolutionDescriptor stride,
      cudnnTensorDescriptor y) {
    int[] found = new int[1];
    cudnnConvolutionFwdAlgoPerf[] algorithms = new cudnnConvolutionFwdAlgoPerf[ALGORITHMS];
    for (int i = 0; i < ALGORITHMS; i++) {
      algorithms[i] = new cudnnConvolutionFwdAlgoPerf();
    }
    check(
        "cudnnGetConvolutionForwardAlgorithm_v7",
        cudnnGetConvolutionForwardAlgorithm_v7(
            handle, x, weight, stride, y, ALGORITHMS, found, algorithms));
    for (int i = 0; i < found[0]; i++) {
      if (algorithms[i].status == 0) {
        return algorithms[i];
      }
    }
    throw new CudaUnavailableException("cuDNN has no algorithm for " + shape);
  }

  private static cudnnTensorDescriptor tensor(int type, int n, int c, int h, int w) {
    cudnnTensorDescriptor tensor = new cudnnTensorDescriptor();
    check("cudnnCreateTensorDescriptor", cudnnCreateTensorDescriptor(tensor));
    check("cudnnSetTensor4dDescriptor", cudnnSetTensor4dDescriptor(tensor, NCHW, type, n, c, h, w));
    return tensor;
  }

  private static int number(DType type) {
    return switch (type) {
      case F32 -> cudnnDataType.CUDNN_DATA_FLOAT;
      case BF16 -> cudnnDataType.CUDNN_DATA_BFLOAT16;
      default -> throw new IllegalArgumentException("no cuDNN operations on " + type);
    };
  }

  @Override
  public void close() {
    for (Convolution plan : convolutions.values()) {
      check("cudnnDestroyTensorDescriptor", cudnnDestroyTensorDescriptor(plan.x));
      check("cudnnDestroyTensorDescriptor", cudnnDestroyTensorDescriptor(plan.y));
      check("cudnnDestroyFilterDescriptor", cudnnDestroyFilterDescriptor(plan.weight));
      check("cudnnDestroyConvolutionDescriptor", cudnnDestroyConvolutionDescriptor(plan.stride));
      if (plan.workspace != 0) {
        driver.free(plan.workspace);
      }
    }
    check("cudnnDestroyTensorDescriptor", cudnnDestroyTensorDescriptor(matrix));
    check("cudnnDestroy", cudnnDestroy(handle));
    arena.close();
  }

  private static void check(String call, int status) {
    if (status != 0) {
      throw new CudaException(call, status, cudnnGetErrorString(status));
    }
  }
}
