package io.attune.device.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/** cuBLASLt as a loaded library, with the constants and sizes that 12 and 13 have in common. */
final class CublasLtFunctions {
  /** cublasLtMatmulAlgo_t. */
  static final long ALGORITHM_BYTES = 64;

  /** cublasLtMatmulHeuristicResult_t: the algorithm, its workspace's bytes, state, waves, rest. */
  static final long RESULT_BYTES = 96;

  static final long RESULT_WORKSPACE_OFFSET = 64;
  static final long RESULT_STATE_OFFSET = 72;

  static final int TRANSPOSE_A = 3;
  static final int TRANSPOSE_B = 4;
  static final int EPILOGUE = 7;
  static final int BIAS_POINTER = 8;

  static final int EPILOGUE_BIAS = 4;

  static final int MAX_WORKSPACE_BYTES = 1;

  /** Least alignment of A's address; those of B, C and D follow. */
  static final int MIN_ALIGNMENT_A_BYTES = 5;

  static final int NOT_SUPPORTED = 15;

  final MethodHandle create;
  final MethodHandle destroy;
  final MethodHandle descriptorCreate;
  final MethodHandle descriptorDestroy;
  final MethodHandle descriptorSet;
  final MethodHandle layoutCreate;
  final MethodHandle layoutDestroy;
  final MethodHandle preferenceCreate;
  final MethodHandle preferenceDestroy;
  final MethodHandle preferenceSet;
  final MethodHandle heuristic;
  final MethodHandle matmul;
  final MethodHandle statusName;

  CublasLtFunctions(SymbolLookup library) {
    create = status(library, "cublasLtCreate", ADDRESS);
    destroy = status(library, "cublasLtDestroy", JAVA_LONG);
    descriptorCreate = status(library, "cublasLtMatmulDescCreate", ADDRESS, JAVA_INT, JAVA_INT);
    descriptorDestroy = status(library, "cublasLtMatmulDescDestroy", JAVA_LONG);
    descriptorSet =
        status(library, "cublasLtMatmulDescSetAttribute", JAVA_LONG, JAVA_INT, ADDRESS, JAVA_LONG);
    layoutCreate =
        status(
            library,
            "cublasLtMatrixLayoutCreate",
            ADDRESS,
            JAVA_INT,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG);
    layoutDestroy = status(library, "cublasLtMatrixLayoutDestroy", JAVA_LONG);
    preferenceCreate = status(library, "cublasLtMatmulPreferenceCreate", ADDRESS);
    preferenceDestroy = status(library, "cublasLtMatmulPreferenceDestroy", JAVA_LONG);
    preferenceSet =
        status(
            library,
            "cublasLtMatmulPreferenceSetAttribute",
            JAVA_LONG,
            JAVA_INT,
            ADDRESS,
            JAVA_LONG);
    // handle, description, layouts of A, B, C and D, preference, count, results, their count
    heuristic =
        status(
            library,
            "cublasLtMatmulAlgoGetHeuristic",
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_INT,
            ADDRESS,
            ADDRESS);
    // handle, description, alpha, A and layout, B and layout, beta, C and layout, D and layout,
    // algorithm, workspace and bytes, stream
    matmul =
        status(
            library,
            "cublasLtMatmul",
            JAVA_LONG,
            JAVA_LONG,
            ADDRESS,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            ADDRESS,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG,
            ADDRESS,
            JAVA_LONG,
            JAVA_LONG,
            JAVA_LONG);
    statusName = ForeignFunctions.pointer(library, "cublasLtGetStatusName", JAVA_INT);
  }

  private static MethodHandle status(
      SymbolLookup library, String function, java.lang.foreign.MemoryLayout... arguments) {
    return ForeignFunctions.status(library, function, arguments);
  }
}
