package io.attune.device.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/**
 * Whether there is a driver with a device, asked without any class of JCuda: those load without a
 * driver too, and fail later with pages of link errors.
 */
public final class DriverProbe {
  private static final String WHAT_TO_DO = "install an NVIDIA driver (580 or later for CUDA 13)";

  /** What the probe found. */
  public record Found(String library, int version, int devices) {}

  private DriverProbe() {}

  /**
   * @return the driver and its device count, at least 1
   * @throws CudaUnavailableException in one line, where there is no driver or no device
   */
  public static Found find() {
    return find(CudaLibrary.driver(System.getProperty("os.name")));
  }

  static Found find(String library) {
    try (Arena arena = Arena.ofConfined()) {
      SymbolLookup lookup;
      try {
        lookup = SymbolLookup.libraryLookup(library, arena);
      } catch (IllegalArgumentException absent) {
        throw new CudaUnavailableException(
            "%s not found - no NVIDIA driver on this machine".formatted(library), absent);
      }
      int status = (int) handle(lookup, library, "cuInit", JAVA_INT).invokeExact(0);
      if (status != 0) {
        throw new CudaUnavailableException(
            "%s is here, but cuInit fails with %s; %s"
                .formatted(library, errorName(lookup, library, arena, status), WHAT_TO_DO));
      }
      int version = number(lookup, library, arena, "cuDriverGetVersion");
      int devices = number(lookup, library, arena, "cuDeviceGetCount");
      if (devices == 0) {
        throw new CudaUnavailableException(
            "%s is here, but it shows no device; look at CUDA_VISIBLE_DEVICES and nvidia-smi"
                .formatted(library));
      }
      return new Found(library, version, devices);
    } catch (CudaUnavailableException known) {
      throw known;
    } catch (Throwable unexpected) {
      throw new CudaUnavailableException(
          "%s cannot be called: %s".formatted(library, unexpected), unexpected);
    }
  }

  /** The value that a function of one {@code int*} writes. */
  private static int number(SymbolLookup lookup, String library, Arena arena, String function)
      throws Throwable {
    MemorySegment value = arena.allocate(JAVA_INT);
    int status = (int) handle(lookup, library, function, ADDRESS).invokeExact(value);
    if (status != 0) {
      throw new CudaUnavailableException(
          "%s fails with %s; %s"
              .formatted(function, errorName(lookup, library, arena, status), WHAT_TO_DO));
    }
    return value.get(JAVA_INT, 0);
  }

  private static String errorName(SymbolLookup lookup, String library, Arena arena, int status)
      throws Throwable {
    MemorySegment text = arena.allocate(ADDRESS);
    int found =
        (int)
            handle(lookup, library, "cuGetErrorName", JAVA_INT, ADDRESS).invokeExact(status, text);
    return found == 0
        ? text.get(ADDRESS, 0).reinterpret(200).getString(0) + " (" + status + ")"
        : "status " + status;
  }

  private static MethodHandle handle(
      SymbolLookup lookup,
      String library,
      String function,
      java.lang.foreign.MemoryLayout... arguments) {
    MemorySegment symbol =
        lookup
            .find(function)
            .orElseThrow(
                () ->
                    new CudaUnavailableException(
                        "%s has no function %s; %s".formatted(library, function, WHAT_TO_DO)));
    return Linker.nativeLinker().downcallHandle(symbol, FunctionDescriptor.of(JAVA_INT, arguments));
  }
}
