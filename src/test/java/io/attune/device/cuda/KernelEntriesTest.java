package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * The kernels' parameters in the PTX against those in the emulation. Java's launches are checked
 * against the latter whenever they run there, so they fit the former too.
 */
class KernelEntriesTest {
  @Test
  void machineCodeAndEmulationTakeTheSameParameters() throws IOException {
    Map<String, String> emulated = new TreeMap<>();
    try (EmulatedLibrary library = EmulatedLibrary.open(0)) {
      for (EmulatedLibrary.Kernel kernel : library.kernels()) {
        String bits = kernel.signature().replace('p', 'w').replace('l', 'w');
        emulated.put(kernel.family() + "/" + kernel.name(), bits);
      }
    } catch (CudaUnavailableException absent) {
      System.out.println("skipped: " + absent.getMessage());
      assumeTrue(false, absent.getMessage());
    }
    Map<String, String> compiled = KernelReport.entries();
    assertTrue(compiled.size() > 10, compiled::toString);
    assertEquals(emulated, compiled);
  }
}
