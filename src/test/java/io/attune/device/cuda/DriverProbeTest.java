package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What is said where there is no driver, or something else under its name. */
class DriverProbeTest {
  @Test
  void anAbsentDriverIsOneClearLine() {
    CudaUnavailableException absent =
        assertThrows(CudaUnavailableException.class, () -> DriverProbe.find("libcuda-absent.so.1"));
    assertEquals(
        "libcuda-absent.so.1 not found - no NVIDIA driver on this machine", absent.getMessage());
  }

  @Test
  void aLibraryThatIsNoDriverIsNamed() {
    Assumptions.assumeTrue(isLinux(), "needs Linux's C library");
    CudaUnavailableException wrong =
        assertThrows(CudaUnavailableException.class, () -> DriverProbe.find("libc.so.6"));
    assertTrue(wrong.getMessage().startsWith("libc.so.6 has no function cuInit"));
  }

  private static boolean isLinux() {
    boolean linux = System.getProperty("os.name").equals("Linux");
    if (!linux) {
      System.out.println("skipped: needs Linux's C library");
    }
    return linux;
  }
}
