package io.attune.device.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * cuBLAS as a loaded library: the functions that both 12 and 13 have, unchanged. It stays loaded
 * until the program ends.
 */
final class CublasFunctions {
  /** The name or path that the loader accepted. */
  final String library;

  final MethodHandle create;
  final MethodHandle destroy;
  final MethodHandle getVersion;
  final MethodHandle setStream;
  final MethodHandle setWorkspace;
  final MethodHandle setMathMode;
  final MethodHandle gemm;
  final MethodHandle gemmStridedBatched;
  final MethodHandle statusName;

  private CublasFunctions(String library, SymbolLookup lookup) {
    this.library = library;
    create = status(lookup, "cublasCreate_v2", ADDRESS);
    destroy = status(lookup, "cublasDestroy_v2", JAVA_LONG);
    getVersion = status(lookup, "cublasGetVersion_v2", JAVA_LONG, ADDRESS);
    setStream = status(lookup, "cublasSetStream_v2", JAVA_LONG, JAVA_LONG);
    setWorkspace = status(lookup, "cublasSetWorkspace_v2", JAVA_LONG, JAVA_LONG, JAVA_LONG);
    setMathMode = status(lookup, "cublasSetMathMode", JAVA_LONG, JAVA_INT);
    gemm = status(lookup, "cublasGemmEx", gemmArguments(false));
    gemmStridedBatched = status(lookup, "cublasGemmStridedBatchedEx", gemmArguments(true));
    statusName =
        Linker.nativeLinker()
            .downcallHandle(
                symbol(lookup, "cublasGetStatusName"), FunctionDescriptor.of(ADDRESS, JAVA_INT));
  }

  /**
   * @throws CudaUnavailableException in one line that names the places looked at
   */
  static CublasFunctions load(CublasSearch search) {
    List<String> candidates;
    try {
      candidates = search.candidates();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<String> refused = new ArrayList<>();
    for (String candidate : candidates) {
      try {
        preloadLt(candidate);
        return new CublasFunctions(
            candidate, SymbolLookup.libraryLookup(candidate, Arena.global()));
      } catch (IllegalArgumentException absentOrBroken) {
        refused.add(candidate);
      }
    }
    throw new CudaUnavailableException(
        search.explicit() != null
            ? "no cuBLAS that loads at %s, which -D%s names"
                .formatted(search.explicit(), CublasSearch.PROPERTY)
            : ("cuBLAS not found (tried %s, /usr/local/cuda*/lib64 and Python's nvidia"
                    + " packages); install CUDA 12 or 13, or name the library with -D%s=FILE")
                .formatted(String.join(", ", refused), CublasSearch.PROPERTY));
  }

  /** libcublas needs libcublasLt: its neighbour, loaded first, is the one that gets used. */
  private static void preloadLt(String candidate) {
    Path file = Path.of(candidate);
    if (!file.isAbsolute()) {
      return;
    }
    String name = file.getFileName().toString().replace("libcublas.", "libcublasLt.");
    Path neighbour = file.resolveSibling(name);
    if (!neighbour.equals(file) && Files.exists(neighbour)) {
      SymbolLookup.libraryLookup(neighbour, Arena.global());
    }
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

  private static MethodHandle status(
      SymbolLookup lookup, String function, MemoryLayout... arguments) {
    return Linker.nativeLinker()
        .downcallHandle(symbol(lookup, function), FunctionDescriptor.of(JAVA_INT, arguments));
  }

  private static MemorySegment symbol(SymbolLookup lookup, String function) {
    return lookup
        .find(function)
        .orElseThrow(() -> new IllegalArgumentException("no function " + function));
  }
}
