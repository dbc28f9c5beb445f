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
public final class ForeignCublas implements Blas {
  private static final int DEFAULT_ALGORITHM = -1;

  /** What {@link #setMathMode} takes. */
  public enum MathMode {
    DEFAULT(0),
    PEDANTIC(2),
    TF32(3);

    private final int number;

    MathMode(int number) {
      this.number = number;
    }
  }

  private final CublasFunctions functions;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment alpha = arena.allocate(JAVA_FLOAT);
  private final MemorySegment beta = arena.allocate(JAVA_FLOAT);
  private final long handle;

  private ForeignCublas(CublasFunctions functions) {
    this.functions = functions;
    MemorySegment made = arena.allocate(JAVA_LONG);
    call("cublasCreate", () -> (int) functions.create.invokeExact(made));
    handle = made.get(JAVA_LONG, 0);
  }

  /**
   * Finds cuBLAS and makes a handle in the current context.
   *
   * @throws CudaUnavailableException where none is found, with the places looked at
   */
  public static ForeignCublas open() {
    return open(CublasSearch.ofThisMachine());
  }

  static ForeignCublas open(CublasSearch search) {
    return new ForeignCublas(CublasFunctions.load(search));
  }

  /** The library in use, as the loader was given it. */
  public String library() {
    return functions.library;
  }

  /** 130000 for 13.0.0, 120805 for 12.8.5. */
  public int version() {
    try (Arena local = Arena.ofConfined()) {
      MemorySegment version = local.allocate(JAVA_INT);
      call("cublasGetVersion", () -> (int) functions.getVersion.invokeExact(handle, version));
      return version.get(JAVA_INT, 0);
    }
  }

  @Override
  public String description() {
    int version = version();
    return "cuBLAS %d.%d.%d, %s, called directly"
        .formatted(version / 10_000, version % 10_000 / 100, version % 100, functions.library);
  }

  @Override
  public void setStream(CudaDriver.Stream stream) {
    call("cublasSetStream", () -> (int) functions.setStream.invokeExact(handle, stream.address()));
  }

  /** Device memory for cuBLAS's own use, aligned to 256 bytes, after {@link #setStream}. */
  public void setWorkspace(long address, long bytes) {
    call(
        "cublasSetWorkspace",
        () -> (int) functions.setWorkspace.invokeExact(handle, address, bytes));
  }

  public void setMathMode(MathMode mode) {
    call("cublasSetMathMode", () -> (int) functions.setMathMode.invokeExact(handle, mode.number));
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
      Matrix c,
      long bias,
      Compute compute) {
    return false; // cuBLAS itself has no epilogues
  }

  @Override
  public void close() {
    call("cublasDestroy", () -> (int) functions.destroy.invokeExact(handle));
    arena.close();
  }

  private interface Call {
    int run() throws Throwable;
  }

  private void call(String name, Call call) {
    int status;
    try {
      status = call.run();
    } catch (Throwable unexpected) {
      throw new IllegalStateException(name + " cannot be called", unexpected);
    }
    if (status != 0) {
      throw new CudaException(name, status, statusName(status));
    }
  }

  private String statusName(int status) {
    try {
      MemorySegment text = (MemorySegment) functions.statusName.invokeExact(status);
      return text.reinterpret(200).getString(0);
    } catch (Throwable unexpected) {
      return "unknown";
    }
  }
}
