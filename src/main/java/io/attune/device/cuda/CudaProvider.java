package io.attune.device.cuda;

import io.attune.device.Device;
import io.attune.device.DeviceProvider;
import io.attune.device.DeviceUnavailableException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Locale;

/**
 * The rung of NVIDIA cards. It loads the driver and counts its devices; it then declines, since
 * this version computes on the CPU only.
 */
public final class CudaProvider implements DeviceProvider {
  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public int rank() {
    return 10;
  }

  @Override
  public boolean automatic() {
    return true;
  }

  @Override
  public Device open(String argument) throws DeviceUnavailableException {
    String library = libraryName();
    try (Arena arena = Arena.ofConfined()) {
      int devices = countDevices(load(library, arena), library);
      throw new DeviceUnavailableException(
          "%s finds %d %s, but this version computes on the CPU only"
              .formatted(library, devices, devices == 1 ? "device" : "devices"));
    }
  }

  private static String libraryName() {
    return System.getProperty("os.name").toLowerCase(Locale.ROOT).contains("win")
        ? "nvcuda.dll"
        : "libcuda.so.1";
  }

  private static SymbolLookup load(String library, Arena arena) throws DeviceUnavailableException {
    try {
      return SymbolLookup.libraryLookup(library, arena);
    } catch (IllegalArgumentException e) {
      throw new DeviceUnavailableException(
          library + " not found - no NVIDIA driver on this machine");
    }
  }

  /** {@code cuInit(0)} and {@code cuDeviceGetCount}: C functions that return 0 for success. */
  private static int countDevices(SymbolLookup driver, String library)
      throws DeviceUnavailableException {
    FunctionDescriptor ofInt = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
    FunctionDescriptor ofPointer = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS);
    try (Arena arena = Arena.ofConfined()) {
      check((int) function(driver, "cuInit", ofInt).invokeExact(0), library, "cuInit");
      MemorySegment count = arena.allocate(ValueLayout.JAVA_INT);
      check(
          (int) function(driver, "cuDeviceGetCount", ofPointer).invokeExact(count),
          library,
          "cuDeviceGetCount");
      return count.get(ValueLayout.JAVA_INT, 0);
    } catch (DeviceUnavailableException | RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  private static MethodHandle function(
      SymbolLookup driver, String name, FunctionDescriptor descriptor)
      throws DeviceUnavailableException {
    MemorySegment address =
        driver
            .find(name)
            .orElseThrow(
                () -> new DeviceUnavailableException("the NVIDIA driver has no function " + name));
    return Linker.nativeLinker().downcallHandle(address, descriptor);
  }

  private static void check(int status, String library, String function)
      throws DeviceUnavailableException {
    if (status != 0) {
      throw new DeviceUnavailableException(
          "%s: %s fails with status %d - no usable NVIDIA card, or driver and kernel module differ"
              .formatted(library, function, status));
    }
  }
}
