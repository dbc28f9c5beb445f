package io.attune.device.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/** cuBLAS as a loaded library: the functions that both 12 and 13 have, unchanged. */
final class CublasFunctions {
  final MethodHandle create;
  final MethodHandle destroy;
  final MethodHandle getVersion;
  final MethodHandle setStream;
  final MethodHandle setWorkspace;
  final MethodHandle setMathMode;
  final MethodHandle gemm;
  final MethodHandle gemmStridedBatched;
  final MethodHandle statusName;

  /**
   * @throws CudaUnavailableException where a function is missing
   */
  CublasFunctions(CudaLibrary.Loaded library) {
    SymbolLookup lookup = library.symbols();
    create = ForeignFunctions.status(lookup, "cublasCreate_v2", ADDRESS);
    destroy = ForeignFunctions.status(lookup, "cublasDestroy_v2", JAVA_LONG);
    getVersion = ForeignFunctions.status(lookup, "cublasGetVersion_v2", JAVA_LONG, ADDRESS);
    setStream = ForeignFunctions.status(lookup, "cublasSetStream_v2", JAVA_LONG, JAVA_LONG);
    setWorkspace =
        ForeignFunctions.status(lookup, "cublasSetWorkspace_v2", JAVA_LONG, JAVA_LONG, JAVA_LONG);
    setMathMode = ForeignFunctions.status(lookup, "cublasSetMathMode", JAVA_LONG, JAVA_INT);
    gemm = ForeignFunctions.status(lookup, "cublasGemmEx", gemmArguments(false));
    gemmStridedBatched =
        ForeignFunctions.status(lookup, "cublasGemmStridedBatchedEx", gemmArguments(true));
    statusName = ForeignFunctions.pointer(lookup, "cublasGetStatusName", JAVA_INT);
  }

  /** 130002 for 13.0.2, 120805 for 12.8.5: what cublasGetVersion says, without a handle. */
  static int version(CudaLibrary.Loaded library) {
    MethodHandle property =
        ForeignFunctions.status(library.symbols(), "cublasGetProperty", JAVA_INT, ADDRESS);
    int number = 0;
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment value = arena.allocate(JAVA_INT);
      for (int part = 0; part < 3; part++) { // major, minor, patch
        int asked = part;
        ForeignFunctions.statusOf(
            "cublasGetProperty", () -> (int) property.invokeExact(asked, value));
        number = 100 * number + value.get(JAVA_INT, 0);
      }
    }
    return number;
  }

  /** handle, opA, opB, m, n, k, alpha, A, B, beta, C and their descriptions, compute, algorithm. */
  private static MemoryLayout[] gemmArguments(boolean batched) {
    List<MemoryLayout> arguments = new ArrayList<>();
    arguments.add(JAVA_LONG);
    arguments.addAll(List.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT));
    arguments.add(ADDRESS); // alpha
    for (String operand : List.of("A", "B", "C")) {
      if (operand.equals("C")) {
        arguments.add(ADDRESS); // beta
      }
      arguments.addAll(List.of(JAVA_LONG, JAVA_INT, JAVA_INT)); // address, type, leading dimension
      if (batched) {
        arguments.add(JAVA_LONG); // stride
      }
    }
    if (batched) {
      arguments.add(JAVA_INT); // count
    }
    arguments.addAll(List.of(JAVA_INT, JAVA_INT));
    return arguments.toArray(MemoryLayout[]::new);
  }
}
