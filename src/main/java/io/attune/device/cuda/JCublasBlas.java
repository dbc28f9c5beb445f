package io.attune.device.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import io.attune.device.cuda.JCudaHandles.DeviceAddress;
import io.attune.device.cuda.JCudaHandles.HostAddress;
import io.attune.device.cuda.JCudaHandles.Queue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jcuda.jcublas.JCublas2;
import jcuda.jcublas.cublasHandle;
import jcuda.jcublas.cublasOperation;
import jcuda.runtime.cudaStream_t;

/**
 * cuBLAS 12 through JCublas2, on a {@link JCudaDriver}. Only calls named {@code _new} are used for
 * products: the others know no compute type, and drop statuses. Bias goes through {@link CublasLt},
 * which JCublas2 does not bind.
 */
final class JCublasBlas implements Blas {
  private static final int DEFAULT_ALGORITHM = -1;

  private final CudaLibrary.Loaded library;
  private final cublasHandle handle = new cublasHandle();
  private final Arena arena = Arena.ofShared();
  private final MemorySegment alpha = arena.allocate(JAVA_FLOAT);
  private final MemorySegment beta = arena.allocate(JAVA_FLOAT);
  private final HostAddress alphaAddress = new HostAddress(alpha.address());
  private final HostAddress betaAddress = new HostAddress(beta.address());
  private final BlasWorkspace workspace;
  private final CublasLt fused;

  /**
   * Makes a handle and its workspace in the driver's current context.
   *
   * @param library cuBLAS 12: loaded already, it is the one that JCublas2 gets
   */
  JCublasBlas(CudaLibrary.Loaded library, CudaDriver driver) {
    this.library = library;
    load();
    check("cublasCreate", JCublas2.cublasCreate(handle));
    check("cublasSetMathMode", JCublas2.cublasSetMathMode(handle, CublasNumbers.DEFAULT_MATH));
    workspace = new BlasWorkspace(driver);
    fused = CublasLt.beside(library, workspace);
  }

  /** Whether JCublas2 loads, once cuBLAS 12 is loaded. */
  static boolean canLoad() {
    try {
      load();
      return true;
    } catch (CudaUnavailableException absent) {
      return false;
    }
  }

  private static void load() {
    JCudaNatives.load("cuBLAS", () -> JCublas2.setExceptionsEnabled(false));
  }

  @Override
  public String description() {
    int[] version = new int[1];
    check("cublasGetVersion", JCublas2.cublasGetVersion(handle, version));
    return CublasNumbers.version(version[0])
        + " at "
        + library.path()
        + " through JCublas2"
        + (fused == null ? "" : " with cuBLASLt");
  }

  @Override
  public void setStream(CudaDriver.Stream stream) {
    check("cublasSetStream", JCublas2.cublasSetStream(handle, new cudaStream_t((Queue) stream)));
    // Setting the stream takes the workspace back to cuBLAS's own.
    check(
        "cublasSetWorkspace",
        JCublas2.cublasSetWorkspace(
            handle, new DeviceAddress(workspace.address()), BlasWorkspace.BYTES));
    if (fused != null) {
      fused.setStream(stream);
    }
  }

  @Override
  public void gemm(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      float scale,
      Matrix a,
      Matrix b,
      float keep,
      Matrix c,
      Compute compute) {
    alpha.set(JAVA_FLOAT, 0, scale);
    beta.set(JAVA_FLOAT, 0, keep);
    check(
        "cublasGemmEx",
        JCublas2.cublasGemmEx_new(
            handle,
            operation(transposeA),
            operation(transposeB),
            m,
            n,
            k,
            alphaAddress,
            new DeviceAddress(a.address()),
            CublasNumbers.of(a.type()),
            a.leading(),
            new DeviceAddress(b.address()),
            CublasNumbers.of(b.type()),
            b.leading(),
            betaAddress,
            new DeviceAddress(c.address()),
            CublasNumbers.of(c.type()),
            c.leading(),
            CublasNumbers.of(compute),
            DEFAULT_ALGORITHM));
  }

  @Override
  public void gemmStridedBatched(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      float scale,
      Matrix a,
      Matrix b,
      float keep,
      Matrix c,
      int count,
      Compute compute) {
    alpha.set(JAVA_FLOAT, 0, scale);
    beta.set(JAVA_FLOAT, 0, keep);
    check(
        "cublasGemmStridedBatchedEx",
        JCublas2.cublasGemmStridedBatchedEx_new(
            handle,
            operation(transposeA),
            operation(transposeB),
            m,
            n,
            k,
            alphaAddress,
            new DeviceAddress(a.address()),
            CublasNumbers.of(a.type()),
            a.leading(),
            a.stride(),
            new DeviceAddress(b.address()),
            CublasNumbers.of(b.type()),
            b.leading(),
            b.stride(),
            betaAddress,
            new DeviceAddress(c.address()),
            CublasNumbers.of(c.type()),
            c.leading(),
            c.stride(),
            count,
            CublasNumbers.of(compute),
            DEFAULT_ALGORITHM));
  }

  @Override
  public boolean gemmBias(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      float scale,
      Matrix a,
      Matrix b,
      float keep,
      Matrix source,
      Matrix c,
      long bias,
      Compute compute) {
    return fused != null
        && fused.multiply(
            transposeA, transposeB, m, n, k, scale, a, b, keep, source, c, bias, compute);
  }

  @Override
  public void close() {
    if (fused != null) {
      fused.close();
    }
    check("cublasDestroy", JCublas2.cublasDestroy(handle));
    workspace.close();
    arena.close();
  }

  private static int operation(boolean transpose) {
    return transpose ? cublasOperation.CUBLAS_OP_T : cublasOperation.CUBLAS_OP_N;
  }

  private static void check(String call, int status) {
    if (status != 0) {
      throw new CudaException(call, status, JCublas2.cublasGetStatusName(status));
    }
  }
}
