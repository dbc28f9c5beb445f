package io.attune.device.cuda;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.attune.tensor.DType;
import io.attune.tensor.Tensor;
import java.util.Arrays;

/**
 * A kernel with its argument block, made once and launched often without allocating. Arguments are
 * set in the order of the kernel's parameters; a launch checks that they are as many and, where the
 * driver knows the parameters, of the same kinds.
 */
final class CudaKernel {
  private static final int MAX_ARGUMENTS = 32;

  private final CudaContext context;
  private final String name;
  private final CudaDriver.Function function;
  private final byte[] signature;
  private final byte[] kinds = new byte[MAX_ARGUMENTS];
  private final KernelArguments arguments;
  private int count;

  CudaKernel(CudaContext context, String name, CudaDriver.Function function) {
    this.context = context;
    this.name = name;
    this.function = function;
    String known = context.driver().signature(function);
    this.signature = known == null ? null : known.getBytes(US_ASCII);
    this.arguments = new KernelArguments(context.memory(), MAX_ARGUMENTS);
  }

  /** The kernel's name in its .cu file. */
  String name() {
    return name;
  }

  CudaDriver.Function function() {
    return function;
  }

  /** The address of the tensor's first element; null is a null pointer. */
  CudaKernel tensor(Tensor tensor) {
    int set = count;
    count = 0; // where the tensor is refused, the next launch starts anew
    long address = tensor == null ? 0 : CudaBuffer.address(tensor, context);
    count = set;
    return pointer(address);
  }

  /** {@link #tensor} of a tensor that holds floats. */
  CudaKernel floats(Tensor tensor) {
    return typed(tensor, DType.F32);
  }

  /** {@link #tensor} of a tensor that holds integers. */
  CudaKernel ints(Tensor tensor) {
    return typed(tensor, DType.I32);
  }

  private CudaKernel typed(Tensor tensor, DType dtype) {
    if (tensor != null && tensor.dtype() != dtype) {
      count = 0;
      throw new IllegalArgumentException(tensor + " is not " + dtype);
    }
    return tensor(tensor);
  }

  /** The elements from one row of the tensor to the next; 0 for null. */
  CudaKernel stride(Tensor tensor) {
    return number(tensor == null ? 0 : tensor.rowStride());
  }

  /** A device address. */
  CudaKernel pointer(long address) {
    arguments.set(next('p'), address);
    return this;
  }

  /** A {@code long long}. */
  CudaKernel number(long value) {
    arguments.set(next('l'), value);
    return this;
  }

  CudaKernel integer(int value) {
    arguments.set(next('i'), value);
    return this;
  }

  CudaKernel real(float value) {
    arguments.set(next('f'), value);
    return this;
  }

  CudaKernel precise(double value) {
    arguments.set(next('d'), value);
    return this;
  }

  private int next(char kind) {
    kinds[count] = (byte) kind;
    return count++;
  }

  /** Queues the kernel on a grid of one dimension. */
  void launch(int blocks, int threads) {
    launch(blocks, 1, 1, threads, 0);
  }

  /** Queues the kernel; the arguments must be set again before the next launch. */
  void launch(int gridX, int gridY, int gridZ, int threads, int sharedBytes) {
    int given = count;
    count = 0;
    if (signature != null && !Arrays.equals(signature, 0, signature.length, kinds, 0, given)) {
      throw new IllegalStateException(
          "kernel %s takes arguments %s, was given %s"
              .formatted(
                  name, new String(signature, US_ASCII), new String(kinds, 0, given, US_ASCII)));
    }
    context.enter();
    context
        .driver()
        .launch(
            function,
            gridX,
            gridY,
            gridZ,
            threads,
            sharedBytes,
            context.stream(),
            arguments.segment());
  }
}
