package io.attune.device.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.attune.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * cuBLAS 12 or 13 through java.lang.foreign. A handle belongs to the context that is current when
 * it is made, and to one thread at a time. Matrices are column-major, as cuBLAS has them; every
 * status is checked.
 */
public final class ForeignCublas implements AutoCloseable {
  private static final int DEFAULT_ALGORITHM = -1;

  /** How products are computed; the numbers are equal in cuBLAS 12 and 13. */
  public enum Compute {
    F32(68),
    TF32(77);

    private final int number;

    Compute(int number) {
      this.number = number;
    }
  }

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

  /**
   * A matrix in device memory.
   *
   * @param type F32 or BF16
   * @param leading elements from one column to the next
   * @param stride elements from one matrix of a batch to the next
   */
  public record Matrix(long address, DType type, int leading, long stride) {
    public Matrix(long address, DType type, int leading) {
      this(address, type, leading, 0);
    }

    private int typeNumber() {
      return switch (type) {
        case F32 -> 0;
        case BF16 -> 14;
        default -> throw new IllegalArgumentException("no matrix products of " + type);
      };
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

  /**
   * Queues {@code c = alpha op(a) op(b) + beta c}.
   *
   * @param m rows of op(a) and c, {@code n} columns of op(b) and c, {@code k} what they share
   */
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
                    a.address,
                    a.typeNumber(),
                    a.leading,
                    b.address,
                    b.typeNumber(),
                    b.leading,
                    beta,
                    c.address,
                    c.typeNumber(),
                    c.leading,
                    compute.number,
                    DEFAULT_ALGORITHM));
  }

  /** Queues count products like {@link #gemm}, each operand moving on by its stride. */
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
                    a.address,
                    a.typeNumber(),
                    a.leading,
                    a.stride,
                    b.address,
                    b.typeNumber(),
                    b.leading,
                    b.stride,
                    beta,
                    c.address,
                    c.typeNumber(),
                    c.leading,
                    c.stride,
                    count,
                    compute.number,
                    DEFAULT_ALGORITHM));
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
