package io.attune.device.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.attune.device.cuda.Blas.Compute;
import io.attune.device.cuda.Blas.Matrix;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.util.HashMap;
import java.util.Map;

/**
 * Products with a bias added while the result is still in registers: cuBLASLt's epilogue, through
 * java.lang.foreign. The algorithm that the library's heuristic names for a shape is kept, so that
 * a shape is always computed in the same way and the search is paid once.
 */
final class CublasLt implements AutoCloseable {
  private final CublasLtFunctions functions;
  private final BlasWorkspace workspace;
  private final Arena arena = Arena.ofShared();
  private final MemorySegment alpha = arena.allocate(JAVA_FLOAT);
  private final MemorySegment beta = arena.allocate(JAVA_FLOAT);
  private final MemorySegment value = arena.allocate(JAVA_LONG);
  private final Map<CublasLtShape, Plan> plans = new HashMap<>();
  private final long handle;
  private long stream;

  /**
   * How one shape is computed: cuBLASLt's objects by their addresses.
   *
   * @param source c's own layout where its columns lie equally far apart, as working in place wants
   * @param algorithm null where the library has none for this shape
   */
  private record Plan(
      long operation, long a, long b, long source, long c, MemorySegment algorithm) {}

  private CublasLt(CublasLtFunctions functions, BlasWorkspace workspace) {
    this.functions = functions;
    this.workspace = workspace;
    call("cublasLtCreate", () -> (int) functions.create.invokeExact(value));
    handle = value.get(JAVA_LONG, 0);
  }

  /**
   * The cuBLASLt that belongs to a loaded cuBLAS.
   *
   * @return null where there is none that serves: products then go without epilogue
   */
  static CublasLt beside(CudaLibrary.Loaded cublas, BlasWorkspace workspace) {
    try {
      SymbolLookup library = SymbolLookup.libraryLookup(cublas.cublasLt(), Arena.global());
      return new CublasLt(new CublasLtFunctions(library), workspace);
    } catch (IllegalArgumentException | CudaUnavailableException absent) {
      return null;
    }
  }

  void setStream(CudaDriver.Stream stream) {
    this.stream = stream.address();
  }

  /** {@link Blas#gemmBias}. */
  boolean multiply(
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
    if (m == 0 || n == 0 || k == 0) {
      return false; // no layout has an extent of 0
    }
    CublasLtShape shape =
        CublasLtShape.of(transposeA, transposeB, m, n, k, a, b, source, c, bias, compute);
    Plan plan = plans.get(shape);
    if (plan == null) {
      plan = plan(shape, bias);
      plans.put(shape, plan);
    }
    if (plan.algorithm == null) {
      return false;
    }
    setOperation(plan.operation, CublasLtFunctions.BIAS_POINTER, bias);
    alpha.set(JAVA_FLOAT, 0, scale);
    beta.set(JAVA_FLOAT, 0, keep);
    Plan chosen = plan;
    call(
        "cublasLtMatmul",
        () ->
            (int)
                functions.matmul.invokeExact(
                    handle,
                    chosen.operation,
                    alpha,
                    a.address(),
                    chosen.a,
                    b.address(),
                    chosen.b,
                    beta,
                    source.address(),
                    chosen.source,
                    c.address(),
                    chosen.c,
                    chosen.algorithm,
                    workspace.address(),
                    BlasWorkspace.BYTES,
                    stream));
    return true;
  }

  private Plan plan(CublasLtShape shape, long bias) {
    int compute = CublasNumbers.of(shape.compute());
    call(
        "cublasLtMatmulDescCreate",
        () -> (int) functions.descriptorCreate.invokeExact(value, compute, CublasNumbers.F32));
    long operation = value.get(JAVA_LONG, 0);
    setOperation(operation, CublasLtFunctions.TRANSPOSE_A, shape.transposeA() ? 1 : 0);
    setOperation(operation, CublasLtFunctions.TRANSPOSE_B, shape.transposeB() ? 1 : 0);
    setOperation(operation, CublasLtFunctions.EPILOGUE, CublasLtFunctions.EPILOGUE_BIAS);
    // Its alignment is part of the choice.
    setOperation(operation, CublasLtFunctions.BIAS_POINTER, bias);
    int type = CublasNumbers.of(shape.operands());
    long a = layout(type, shape.rowsOfA(), shape.columnsOfA(), shape.leadingA());
    long b = layout(type, shape.rowsOfB(), shape.columnsOfB(), shape.leadingB());
    long c = layout(CublasNumbers.of(shape.result()), shape.m(), shape.n(), shape.leadingC());
    long source =
        shape.leadingSource() == shape.leadingC()
            ? c
            : layout(CublasNumbers.of(shape.result()), shape.m(), shape.n(), shape.leadingSource());
    return new Plan(operation, a, b, source, c, algorithm(shape, operation, a, b, source, c));
  }

  /** An int attribute, or a pointer; the library is little-endian, so an int's bytes come first. */
  private void setOperation(long operation, int attribute, long content) {
    long bytes = attribute == CublasLtFunctions.BIAS_POINTER ? Long.BYTES : Integer.BYTES;
    value.set(JAVA_LONG, 0, content);
    call(
        "cublasLtMatmulDescSetAttribute",
        () -> (int) functions.descriptorSet.invokeExact(operation, attribute, value, bytes));
  }

  private long layout(int type, long rows, long columns, long leading) {
    call(
        "cublasLtMatrixLayoutCreate",
        () -> (int) functions.layoutCreate.invokeExact(value, type, rows, columns, leading));
    return value.get(JAVA_LONG, 0);
  }

  /** The heuristic's first choice, or null where it has none. */
  private MemorySegment algorithm(
      CublasLtShape shape, long operation, long a, long b, long source, long c) {
    call(
        "cublasLtMatmulPreferenceCreate",
        () -> (int) functions.preferenceCreate.invokeExact(value));
    long preference = value.get(JAVA_LONG, 0);
    try {
      prefer(preference, CublasLtFunctions.MAX_WORKSPACE_BYTES, BlasWorkspace.BYTES, Long.BYTES);
      int[] alignments = {
        shape.alignmentA(), shape.alignmentB(), shape.alignmentSource(), shape.alignmentC()
      };
      for (int i = 0; i < alignments.length; i++) {
        int attribute = CublasLtFunctions.MIN_ALIGNMENT_A_BYTES + i;
        prefer(preference, attribute, alignments[i], Integer.BYTES);
      }
      MemorySegment result = arena.allocate(CublasLtFunctions.RESULT_BYTES, Long.BYTES);
      MemorySegment found = arena.allocate(JAVA_INT);
      int status =
          ForeignFunctions.statusOf(
              "cublasLtMatmulAlgoGetHeuristic",
              () ->
                  (int)
                      functions.heuristic.invokeExact(
                          handle, operation, a, b, source, c, preference, 1, result, found));
      boolean usable =
          status == 0
              && found.get(JAVA_INT, 0) > 0
              && result.get(JAVA_INT, CublasLtFunctions.RESULT_STATE_OFFSET) == 0;
      if (status != 0 && status != CublasLtFunctions.NOT_SUPPORTED) {
        call("cublasLtMatmulAlgoGetHeuristic", () -> status);
      }
      return usable ? result.asSlice(0, CublasLtFunctions.ALGORITHM_BYTES) : null;
    } finally {
      call(
          "cublasLtMatmulPreferenceDestroy",
          () -> (int) functions.preferenceDestroy.invokeExact(preference));
    }
  }

  private void prefer(long preference, int attribute, long content, long bytes) {
    value.set(JAVA_LONG, 0, content);
    call(
        "cublasLtMatmulPreferenceSetAttribute",
        () -> (int) functions.preferenceSet.invokeExact(preference, attribute, value, bytes));
  }

  @Override
  public void close() {
    for (Plan plan : plans.values()) {
      if (plan.source != plan.c) {
        call(
            "cublasLtMatrixLayoutDestroy",
            () -> (int) functions.layoutDestroy.invokeExact(plan.source));
      }
      for (long layout : new long[] {plan.a, plan.b, plan.c}) {
        call(
            "cublasLtMatrixLayoutDestroy", () -> (int) functions.layoutDestroy.invokeExact(layout));
      }
      long operation = plan.operation;
      call(
          "cublasLtMatmulDescDestroy",
          () -> (int) functions.descriptorDestroy.invokeExact(operation));
    }
    call("cublasLtDestroy", () -> (int) functions.destroy.invokeExact(handle));
    arena.close();
  }

  private void call(String name, ForeignFunctions.Call call) {
    ForeignFunctions.check(name, functions.statusName, call);
  }
}
