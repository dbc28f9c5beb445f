package io.attune.device.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;

/** Functions of a C library, and the checking of the statuses that they return. */
final class ForeignFunctions {
  private ForeignFunctions() {}

  /** A call of a function that returns a status. */
  interface Call {
    int run() throws Throwable;
  }

  /** A function that returns a status as an int. */
  static MethodHandle status(SymbolLookup library, String function, MemoryLayout... arguments) {
    return handle(library, function, FunctionDescriptor.of(JAVA_INT, arguments));
  }

  /** A function that returns an address. */
  static MethodHandle pointer(SymbolLookup library, String function, MemoryLayout... arguments) {
    return handle(library, function, FunctionDescriptor.of(ADDRESS, arguments));
  }

  private static MethodHandle handle(
      SymbolLookup library, String function, FunctionDescriptor descriptor) {
    MemorySegment symbol =
        library
            .find(function)
            .orElseThrow(
                () -> new CudaUnavailableException("the CUDA library has no function " + function));
    return Linker.nativeLinker().downcallHandle(symbol, descriptor);
  }

  /** Runs the call and returns its status. */
  static int statusOf(String name, Call call) {
    try {
      return call.run();
    } catch (RuntimeException | Error ours) {
      throw ours;
    } catch (Throwable unexpected) {
      throw new IllegalStateException(name + " cannot be called", unexpected);
    }
  }

  /**
   * Runs the call.
   *
   * @param describe given a status, returns the text that the library has for it
   * @throws CudaException if the status is not 0
   */
  static void check(String name, MethodHandle describe, Call call) {
    int status = statusOf(name, call);
    if (status != 0) {
      String text;
      try {
        MemorySegment words = (MemorySegment) describe.invokeExact(status);
        text = words.reinterpret(200).getString(0);
      } catch (Throwable unknown) {
        text = "unknown";
      }
      throw new CudaException(name, status, text);
    }
  }
}
