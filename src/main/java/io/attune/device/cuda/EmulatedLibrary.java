package io.attune.device.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NoSuchElementException;

/**
 * The kernels built for the host, {@code libattune-emulated.so}: see kernels/emulation/library.cpp.
 * Every object loads a copy of its own, with its own memory.
 */
final class EmulatedLibrary implements AutoCloseable {
  /** A file to load instead of the packaged one, such as a build for a sanitizer. */
  static final String LIBRARY_PROPERTY = "attune.emulated.library";

  private static final String RESOURCE = "kernels/libattune-emulated.so";
  private static final String ELSEWHERE =
      "; name a folder that can be written and run from with ATTUNE_OPTS=-Djava.io.tmpdir=FOLDER";
  private static final String UNLOADABLE =
      ELSEWHERE + ", or delete the folder target and build again";
  private static final int OUT_OF_MEMORY = 2;
  private static final int INVALID_VALUE = 1;

  /** A kernel, by its place in the library. */
  record Kernel(int index, String family, String name, String signature) {}

  private final Arena arena = Arena.ofShared();
  private final SymbolLookup symbols;
  private final MethodHandle error;
  private final MethodHandle allocate;
  private final MethodHandle free;
  private final MethodHandle allocated;
  private final MethodHandle copyIn;
  private final MethodHandle copyOut;
  private final MethodHandle copy;
  private final MethodHandle fill;
  private final MethodHandle launch;
  private final MethodHandle multiply;
  private final Map<String, Kernel> kernels = new LinkedHashMap<>();

  private EmulatedLibrary(Path file) {
    symbols = SymbolLookup.libraryLookup(file, arena);
    error = handle("attune_error", FunctionDescriptor.of(ADDRESS));
    allocate = handle("attune_allocate", FunctionDescriptor.of(ADDRESS, JAVA_LONG));
    free = handle("attune_free", status(JAVA_LONG));
    allocated = handle("attune_allocated", FunctionDescriptor.of(JAVA_LONG));
    copyIn = handle("attune_copy_in", status(JAVA_LONG, ADDRESS, JAVA_LONG));
    copyOut = handle("attune_copy_out", status(ADDRESS, JAVA_LONG, JAVA_LONG));
    copy = handle("attune_copy", status(JAVA_LONG, JAVA_LONG, JAVA_LONG));
    fill = handle("attune_fill", status(JAVA_LONG, JAVA_INT, JAVA_LONG));
    launch =
        handle(
            "attune_launch",
            status(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
    multiply =
        handle(
            "attune_multiply",
            status(
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_INT,
                JAVA_FLOAT,
                JAVA_LONG,
                JAVA_INT,
                JAVA_INT,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_INT,
                JAVA_LONG,
                JAVA_FLOAT,
                JAVA_LONG,
                JAVA_INT,
                JAVA_INT,
                JAVA_LONG,
                JAVA_LONG,
                JAVA_INT,
                JAVA_INT));
    listKernels();
  }

  /**
   * Loads the packaged library, or the one that {@value #LIBRARY_PROPERTY} names.
   *
   * @param seed chooses the order in which blocks, warps and lanes run
   * @throws CudaUnavailableException in one line, where this build holds none
   */
  static EmulatedLibrary open(long seed) {
    String chosen = System.getProperty(LIBRARY_PROPERTY);
    return chosen == null ? unpack(seed) : open(Path.of(chosen), seed);
  }

  /** Loads this file. */
  static EmulatedLibrary open(Path file, long seed) {
    if (!Files.isRegularFile(file)) {
      throw new CudaUnavailableException(
          "the kernels for the host cannot be loaded: -D%s=%s is no file"
              .formatted(LIBRARY_PROPERTY, file));
    }
    return load(file, file + "; build it again", seed);
  }

  /**
   * @param what says of the file, in case of failure, what it is and what to do
   */
  private static EmulatedLibrary load(Path file, String what, long seed) {
    try {
      EmulatedLibrary library = new EmulatedLibrary(file);
      library.seed(seed);
      return library;
    } catch (IllegalArgumentException e) {
      throw new CudaUnavailableException(
          "the kernels for the host cannot be loaded from " + what, e);
    } catch (NoSuchElementException e) {
      throw new CudaUnavailableException(
          "the kernels for the host are not those of this version (%s), in %s"
              .formatted(e.getMessage(), what),
          e);
    }
  }

  private static EmulatedLibrary unpack(long seed) {
    try (InputStream in = EmulatedLibrary.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new CudaUnavailableException(
            "this build holds no kernels for the host - it was made without g++ on Linux; build"
                + " again where there is one");
      }
      Path file = Files.createTempFile("attune-emulated", ".so");
      try {
        Files.copy(in, file, StandardCopyOption.REPLACE_EXISTING);
        return load(file, file.getParent() + UNLOADABLE, seed);
      } finally {
        // What is loaded stays loaded without its name.
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw new CudaUnavailableException(
          "the kernels for the host cannot be unpacked into %s%s (%s)"
              .formatted(System.getProperty("java.io.tmpdir"), ELSEWHERE, e),
          e);
    }
  }

  private void listKernels() {
    MethodHandle family = text("attune_kernel_family");
    MethodHandle name = text("attune_kernel_name");
    MethodHandle signature = text("attune_kernel_signature");
    int count = count();
    for (int i = 0; i < count; i++) {
      Kernel kernel = new Kernel(i, text(family, i), text(name, i), text(signature, i));
      kernels.put(kernel.family() + "/" + kernel.name(), kernel);
    }
  }

  /** The kernel of this name in kernels/FAMILY.cu; null if there is none. */
  Kernel kernel(String family, String name) {
    return kernels.get(family + "/" + name);
  }

  /** All kernels of all families. */
  Collection<Kernel> kernels() {
    return kernels.values();
  }

  boolean hasFamily(String family) {
    return kernels.values().stream().anyMatch(kernel -> kernel.family().equals(family));
  }

  /** Memory of the emulated device, full of NaN. */
  long allocate(long bytes) {
    try {
      MemorySegment address = (MemorySegment) allocate.invokeExact(bytes);
      if (address.address() == 0) {
        throw new CudaException(
            "emulated allocation of " + bytes + " bytes", OUT_OF_MEMORY, "the host has no more");
      }
      return address.address();
    } catch (CudaException known) {
      throw known;
    } catch (Throwable unexpected) {
      throw uncallable(unexpected);
    }
  }

  void free(long address) {
    call("emulated free", INVALID_VALUE, () -> (int) free.invokeExact(address));
  }

  long allocatedBytes() {
    try {
      return (long) allocated.invokeExact();
    } catch (Throwable unexpected) {
      throw uncallable(unexpected);
    }
  }

  void copyIn(long target, MemorySegment source) {
    call(
        "emulated copy to the device",
        INVALID_VALUE,
        () -> (int) copyIn.invokeExact(target, source, source.byteSize()));
  }

  void copyOut(MemorySegment target, long source) {
    call(
        "emulated copy to the host",
        INVALID_VALUE,
        () -> (int) copyOut.invokeExact(target, source, target.byteSize()));
  }

  void copy(long target, long source, long bytes) {
    call("emulated copy", INVALID_VALUE, () -> (int) copy.invokeExact(target, source, bytes));
  }

  void fill(long target, byte value, long bytes) {
    call("emulated fill", INVALID_VALUE, () -> (int) fill.invokeExact(target, (int) value, bytes));
  }

  void launch(
      Kernel kernel,
      int gridX,
      int gridY,
      int gridZ,
      int threads,
      int sharedBytes,
      int sharedLimit,
      MemorySegment arguments) {
    call(
        "emulated launch",
        DriverStatus.LAUNCH_FAILED,
        () ->
            (int)
                launch.invokeExact(
                    kernel.index(),
                    gridX,
                    gridY,
                    gridZ,
                    threads,
                    sharedBytes,
                    sharedLimit,
                    arguments));
  }

  /** As {@link Blas#gemmStridedBatched}, with a bias or 0. */
  void multiply(
      boolean transposeA,
      boolean transposeB,
      int m,
      int n,
      int k,
      float alpha,
      Blas.Matrix a,
      Blas.Matrix b,
      float beta,
      Blas.Matrix c,
      long bias,
      int count,
      boolean tf32) {
    call(
        "emulated matrix product",
        INVALID_VALUE,
        () ->
            (int)
                multiply.invokeExact(
                    transposeA ? 1 : 0,
                    transposeB ? 1 : 0,
                    m,
                    n,
                    k,
                    alpha,
                    a.address(),
                    type(a),
                    a.leading(),
                    a.stride(),
                    b.address(),
                    b.leading(),
                    b.stride(),
                    beta,
                    c.address(),
                    type(c),
                    c.leading(),
                    c.stride(),
                    bias,
                    count,
                    tf32 ? 1 : 0));
  }

  private static int type(Blas.Matrix matrix) {
    return switch (matrix.type()) {
      case F32 -> 0;
      case BF16 -> 1;
      default -> throw new IllegalArgumentException("no matrix products of " + matrix.type());
    };
  }

  private void seed(long seed) {
    MethodHandle set = handle("attune_seed", FunctionDescriptor.ofVoid(JAVA_LONG));
    try {
      set.invokeExact(seed);
    } catch (Throwable unexpected) {
      throw uncallable(unexpected);
    }
  }

  private int count() {
    try {
      return (int) handle("attune_kernel_count", FunctionDescriptor.of(JAVA_INT)).invokeExact();
    } catch (Throwable unexpected) {
      throw uncallable(unexpected);
    }
  }

  private MethodHandle text(String function) {
    return handle(function, FunctionDescriptor.of(ADDRESS, JAVA_INT));
  }

  private static String text(MethodHandle function, int index) {
    try {
      return string((MemorySegment) function.invokeExact(index));
    } catch (Throwable unexpected) {
      throw uncallable(unexpected);
    }
  }

  private static String string(MemorySegment text) {
    return text.reinterpret(Long.MAX_VALUE).getString(0);
  }

  private interface Call {
    int run() throws Throwable;
  }

  private void call(String name, int status, Call call) {
    String reason;
    try {
      if (call.run() == 0) {
        return;
      }
      reason = string((MemorySegment) error.invokeExact());
    } catch (Throwable unexpected) {
      throw uncallable(unexpected);
    }
    throw new CudaException(name, status, reason);
  }

  private static IllegalStateException uncallable(Throwable unexpected) {
    return new IllegalStateException("the kernels for the host cannot be called", unexpected);
  }

  private static FunctionDescriptor status(MemoryLayout... arguments) {
    return FunctionDescriptor.of(JAVA_INT, arguments);
  }

  private MethodHandle handle(String function, FunctionDescriptor descriptor) {
    return Linker.nativeLinker().downcallHandle(symbols.findOrThrow(function), descriptor);
  }

  /** Unloads the library, and with it the emulated device's memory. */
  @Override
  public void close() {
    arena.close();
  }
}
