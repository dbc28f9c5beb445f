package io.attune.device.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** NVRTC, CUDA's compiler as a library: kernels from their sources, on a machine without nvcc. */
final class KernelCompiler {
  private static final String STANDARD = "--std=c++17";

  private final CudaLibrary.Loaded library;
  private final MethodHandle version;
  private final MethodHandle architectureCount;
  private final MethodHandle architectures;
  private final MethodHandle create;
  private final MethodHandle destroy;
  private final MethodHandle compile;
  private final MethodHandle errorString;

  KernelCompiler(CudaLibrary.Loaded library) {
    this.library = library;
    SymbolLookup symbols = library.symbols();
    version = ForeignFunctions.status(symbols, "nvrtcVersion", ADDRESS, ADDRESS);
    architectureCount = ForeignFunctions.status(symbols, "nvrtcGetNumSupportedArchs", ADDRESS);
    architectures = ForeignFunctions.status(symbols, "nvrtcGetSupportedArchs", ADDRESS);
    // program, source, name, count of headers, their contents, their names
    create =
        ForeignFunctions.status(
            symbols, "nvrtcCreateProgram", ADDRESS, ADDRESS, ADDRESS, JAVA_INT, ADDRESS, ADDRESS);
    destroy = ForeignFunctions.status(symbols, "nvrtcDestroyProgram", ADDRESS);
    compile = ForeignFunctions.status(symbols, "nvrtcCompileProgram", JAVA_LONG, JAVA_INT, ADDRESS);
    errorString = ForeignFunctions.pointer(symbols, "nvrtcGetErrorString", JAVA_INT);
  }

  /**
   * @throws CudaUnavailableException in one line, where NVRTC is not found
   */
  static KernelCompiler open() {
    return new KernelCompiler(CudaLibrary.NVRTC.load());
  }

  /** One line: the version and where it was found. */
  String description() {
    return "NVRTC " + version() + " at " + library.path();
  }

  /** 13.0 for CUDA 13.0. */
  String version() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment major = arena.allocate(JAVA_INT);
      MemorySegment minor = arena.allocate(JAVA_INT);
      call("nvrtcVersion", () -> (int) version.invokeExact(major, minor));
      return major.get(JAVA_INT, 0) + "." + minor.get(JAVA_INT, 0);
    }
  }

  /**
   * What to compile for a card: its own machine code, or, of a card newer than this NVRTC, the PTX
   * of the newest that it knows.
   *
   * @param capability the card's, such as 90 for 9.0
   * @return {@code sm_90} or {@code compute_89}
   */
  String target(int capability) {
    TreeSet<Integer> known = new TreeSet<>();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment count = arena.allocate(JAVA_INT);
      call("nvrtcGetNumSupportedArchs", () -> (int) architectureCount.invokeExact(count));
      MemorySegment numbers = arena.allocate(JAVA_INT, count.get(JAVA_INT, 0));
      call("nvrtcGetSupportedArchs", () -> (int) architectures.invokeExact(numbers));
      for (int number : numbers.toArray(JAVA_INT)) {
        known.add(number);
      }
    }
    Integer nearest = known.floor(capability);
    if (nearest == null) {
      throw new CudaUnavailableException(
          "%s compiles for compute capability %.1f and later, this card has %.1f"
              .formatted(description(), known.first() / 10.0, capability / 10.0));
    }
    return (nearest == capability ? "sm_" : "compute_") + nearest;
  }

  /** All that decides the result beside the source and the target. */
  String identity() {
    return version() + " " + STANDARD;
  }

  /**
   * @param target {@code sm_90} for machine code, {@code compute_80} for PTX
   * @return a cubin or PTX
   * @throws CudaException with the compiler's first complaint
   */
  byte[] compile(KernelSource source, String target) {
    try (Arena arena = Arena.ofConfined()) {
      List<String> names = new ArrayList<>(source.headers().keySet());
      List<String> contents = new ArrayList<>(source.headers().values());
      MemorySegment made = arena.allocate(JAVA_LONG);
      MemorySegment text = arena.allocateFrom(source.text());
      MemorySegment name = arena.allocateFrom(source.name());
      MemorySegment headers = strings(arena, contents);
      MemorySegment headerNames = strings(arena, names);
      int count = names.size();
      call(
          "nvrtcCreateProgram",
          () -> (int) create.invokeExact(made, text, name, count, headers, headerNames));
      try {
        long program = made.get(JAVA_LONG, 0);
        List<String> options = List.of("--gpu-architecture=" + target, STANDARD);
        MemorySegment given = strings(arena, options);
        int status =
            ForeignFunctions.statusOf(
                "nvrtcCompileProgram",
                () -> (int) compile.invokeExact(program, options.size(), given));
        if (status != 0) {
          throw new CudaException(
              "compiling kernels/%s for %s by %s".formatted(source.name(), target, description()),
              status,
              firstError(new String(read(arena, program, "ProgramLog"))));
        }
        return read(arena, program, target.startsWith("sm_") ? "CUBIN" : "PTX");
      } finally {
        call("nvrtcDestroyProgram", () -> (int) destroy.invokeExact(made));
      }
    }
  }

  /** What nvrtcGet... has of a program; its size is asked for first. */
  private byte[] read(Arena arena, long program, String what) {
    MethodHandle sizeOf =
        ForeignFunctions.status(library.symbols(), "nvrtcGet" + what + "Size", JAVA_LONG, ADDRESS);
    MethodHandle get =
        ForeignFunctions.status(library.symbols(), "nvrtcGet" + what, JAVA_LONG, ADDRESS);
    MemorySegment size = arena.allocate(JAVA_LONG);
    call("nvrtcGet" + what + "Size", () -> (int) sizeOf.invokeExact(program, size));
    MemorySegment bytes = arena.allocate(Math.max(1, size.get(JAVA_LONG, 0)));
    call("nvrtcGet" + what, () -> (int) get.invokeExact(program, bytes));
    return bytes.toArray(JAVA_BYTE);
  }

  private static String firstError(String log) {
    return log.lines()
        .filter(line -> line.contains("error"))
        .findFirst()
        .orElse(log.lines().findFirst().orElse("it says nothing"))
        .strip();
  }

  private static MemorySegment strings(Arena arena, List<String> strings) {
    MemorySegment pointers = arena.allocate(ADDRESS, Math.max(1, strings.size()));
    for (int i = 0; i < strings.size(); i++) {
      pointers.setAtIndex(ADDRESS, i, arena.allocateFrom(strings.get(i)));
    }
    return pointers;
  }

  private void call(String name, ForeignFunctions.Call call) {
    ForeignFunctions.check(name, errorString, call);
  }
}
