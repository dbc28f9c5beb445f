package io.attune.device.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * cuBLAS 12 or 13 through java.lang.foreign. A handle belongs to the context that is current when
 * it is made, and to one thread at a time. Every status is checked.
 */
final class ForeignCublas implements Blas {
  private static final int DEFAULT_ALGORITHM = -1;

  private final CudaLibrary.Loaded library;
  private final CublasFunctions functions;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment alpha = arena.allocate(JAVA_FLOAT);
  private final MemorySegment beta = arena.allocate(JAVA_FLOAT);
  private final long handle;
  private final BlasWorkspace workspace;
  private final CublasLt fused;

  /** Makes a handle and its workspace in the driver's current context. */
  ForeignCublas(CudaLibrary.Loaded library, CudaDriver driver) {
    this.library = library;
    functions = new CublasFunctions(library);
    MemorySegment made = arena.allocate(JAVA_LONG);
    call("cublasCreate", () -> (int) functions.create.invokeExact(made));
    handle = made.get(JAVA_LONG, 0);
    call(
        "cublasSetMathMode",
        () -> (int) functions.setMathMode.invokeExact(handle, CublasNumbers.DEFAULT_MATH));
    workspace = new BlasWorkspace(driver);
    fused = CublasLt.beside(library, workspace);
  }

  /** 130000 for 13.0.0, 120805 for 12.8.5. */
  private int version() {
    try (Arena local = Arena.ofConfined()) {
      MemorySegment version = local.allocate(JAVA_INT);
      call("cublasGetVersion", () -> (int) functions.getVersion.invokeExact(handle, version));
      return version.get(JAVA_INT, 0);
    }
  }

  @Override
  public String description() {
    return CublasNumbers.version(version())
        + " at "
        + library.path()
        + (fused == null ? "" : " with cuBLASLt");
  }

  @Override
  public void setStream(CudaDriver.Stream stream) {
    call("cublasSetStream", () -> (int) functions.setStream.invokeExact(handle, stream.address()));
    // Setting the stream takes the workspace back to cuBLAS's own.
    call(
        "cublasSetWorkspace",
        () ->
            (int)
                functions.setWorkspace.invokeExact(
                    handle, workspace.address(), BlasWorkspace.BYTES));
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
    call(
        "cublasGemmEx",
        () ->
            (int)
                functions.gemm.invokeExact(
                    handle,
                    transposeA ? 1 : 0,
                    transposeB ? 1 : 0,
                    m,
                    n,
                    k,
                    alpha,
                    a.address(),
                    CublasNumbers.of(a.type()),
                    a.leading(),
                    b.address(),
                    CublasNumbers.of(b.type()),
                    b.leading(),
                    beta,
                    c.address(),
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
    call(
        "cublasGemmStridedBatchedEx",
        () ->
            (int)
                functions.gemmStridedBatched.invokeExact(
                    handle,
                    transposeA ? 1 : 0,
                    transposeB ? 1 : 0,
                    m,
                    n,
                    k,
                    alpha,
                    a.address(),
                    CublasNumbers.of(a.type()),
                    a.leading(),
                    a.stride(),
                    b.address(),
                    CublasNumbers.of(b.type()),
                    b.leading(),
                    b.stride(),
                    beta,
                    c.address(),
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
    call("cublasDestroy", () -> (int) functions.destroy.invokeExact(handle));
    workspace.close();
    arena.close();
  }

  private void call(String name, ForeignFunctions.Call call) {
    ForeignFunctions.check(name, functions.statusName, call);
  }
}
