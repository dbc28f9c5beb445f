package io.attune.device.cuda;

import io.attune.device.op.ElementwiseOps;
import io.attune.device.op.Shapes;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;

/** kernels/elementwise.cu. Tensors without gaps are seen as one long row. */
final class CudaElementwise implements ElementwiseOps {
  private static final int THREADS = 256;
  private static final long ELEMENTS_PER_BLOCK = 1024;
  private static final int BLOCKS_PER_MULTIPROCESSOR = 16;

  private final CudaContext context;
  private final CudaKernel fill;
  private final CudaKernel[] copies;
  private final CudaKernel copyIntegers;
  private final CudaKernel[] axpbys;
  private final CudaKernel addFloats;
  private final CudaKernel addBf16ToFloat;
  private final CudaKernel addBf16;

  CudaElementwise(CudaContext context) {
    this.context = context;
    fill = kernel("fill_f32");
    copies = pairs("copy");
    copyIntegers = kernel("copy_i32_i32");
    axpbys = pairs("axpby");
    addFloats = kernel("add_f32_f32_f32");
    addBf16ToFloat = kernel("add_f32_bf16_f32");
    addBf16 = kernel("add_bf16_bf16_bf16");
  }

  private CudaKernel kernel(String operation) {
    return context.kernel("elementwise", "elementwise_" + operation);
  }

  /** One kernel for each pair of types, found again by {@link #pair}. */
  private CudaKernel[] pairs(String operation) {
    return new CudaKernel[] {
      kernel(operation + "_f32_f32"),
      kernel(operation + "_f32_bf16"),
      kernel(operation + "_bf16_f32"),
      kernel(operation + "_bf16_bf16")
    };
  }

  private static int pair(Tensor from, Tensor to) {
    return (CudaShapes.isBf16(from) ? 2 : 0) + (CudaShapes.isBf16(to) ? 1 : 0);
  }

  @Override
  public void fill(float value, Tensor y) {
    if (y.size() == 0) {
      return;
    }
    CudaBuffer.floats(y);
    boolean flat = y.isContiguous();
    extent(rows(fill.real(value), y, flat), y, flat);
  }

  @Override
  public void copy(Tensor x, Tensor y) {
    Shapes.same(x, y);
    if (x.size() == 0) {
      return;
    }
    CudaKernel kernel;
    if (x.dtype() == DType.I32 || y.dtype() == DType.I32) {
      Shapes.sameType(x, y);
      kernel = copyIntegers;
      mirrorCopy(x, y);
    } else {
      kernel = copies[pair(x, y)];
    }
    boolean flat = x.isContiguous() && y.isContiguous();
    extent(rows(rows(kernel, x, flat), y, flat), x, flat);
  }

  private static void mirrorCopy(Tensor x, Tensor y) {
    for (int row = 0; row < x.rows(); row++) {
      System.arraycopy(
          CudaBuffer.mirror(x),
          Math.toIntExact(x.offset() + row * x.rowStride()),
          CudaBuffer.mirror(y),
          Math.toIntExact(y.offset() + row * y.rowStride()),
          x.columns());
    }
  }

  @Override
  public void axpby(float alpha, Tensor x, float beta, Tensor y) {
    Shapes.same(x, y);
    if (x.size() == 0) {
      return;
    }
    boolean flat = x.isContiguous() && y.isContiguous();
    CudaKernel kernel = axpbys[pair(x, y)];
    rows(rows(kernel.real(alpha), x, flat).real(beta), y, flat);
    extent(kernel, x, flat);
  }

  @Override
  public void add(Tensor x, Tensor y, Tensor z) {
    Shapes.same(x, y);
    Shapes.same(x, z);
    if (x.size() == 0) {
      return;
    }
    boolean swap = CudaShapes.isBf16(x) && !CudaShapes.isBf16(y);
    Tensor first = swap ? y : x;
    Tensor second = swap ? x : y;
    CudaKernel kernel;
    if (CudaShapes.isBf16(first) && CudaShapes.isBf16(z)) {
      kernel = addBf16;
    } else if (!CudaShapes.isBf16(first) && !CudaShapes.isBf16(z)) {
      kernel = CudaShapes.isBf16(second) ? addBf16ToFloat : addFloats;
    } else {
      throw Shapes.mismatch(x, z, "no sum of these types");
    }
    boolean flat = x.isContiguous() && y.isContiguous() && z.isContiguous();
    extent(rows(rows(rows(kernel, first, flat), second, flat), z, flat), z, flat);
  }

  /** A tensor's address and row stride; one long row has none. */
  private static CudaKernel rows(CudaKernel kernel, Tensor tensor, boolean flat) {
    return kernel.tensor(tensor).number(flat ? 0 : tensor.rowStride());
  }

  /** Adds the rows and columns, few long rows where nothing has gaps, and launches. */
  private void extent(CudaKernel kernel, Tensor like, boolean flat) {
    long rows = flat ? 1 : like.rows();
    long columns = flat ? like.size() : like.columns();
    long blocks = Math.ceilDiv(rows * columns, ELEMENTS_PER_BLOCK);
    long most = (long) BLOCKS_PER_MULTIPROCESSOR * context.multiprocessors();
    kernel.number(rows).number(columns).launch((int) Math.min(blocks, most), THREADS);
  }
}
