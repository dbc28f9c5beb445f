package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both providers of cuBLAS on a cuBLAS 12 that computes on the host: fake-cublas.c. */
class BlasProvidersTest {
  @TempDir static Path folder;
  private static List<String> log;

  @BeforeAll
  static void runOnFakeLibraries() throws Exception {
    FakeCuda cuda = new FakeCuda(folder);
    cuda.build("libcublas.so.12", "fake-cublas.c", "-DVERSION=120805");
    cuda.build("libcublasLt.so.12", "fake-cublas.c", "-DVERSION=120805");
    log = cuda.run(BlasProvidersProgram.class, "-Dattune.cublas=" + folder);
  }

  @Test
  void versionTwelveGoesThroughJCublas() {
    String library = folder.resolve("libcublas.so.12").toString();
    assertTrue(
        log.contains("chosen cuBLAS 12.8.5 at " + library + " through JCublas2 with cuBLASLt"),
        () -> String.join("\n", log));
    assertTrue(
        log.contains("foreign cuBLAS 12.8.5 at " + library + " with cuBLASLt"),
        () -> String.join("\n", log));
  }

  @Test
  void bothGiveTheRightProductsBitForBit() {
    long right = log.stream().filter(line -> line.startsWith("right ")).count();
    assertEquals(BlasContract.trials().size(), right, () -> String.join("\n", log));
  }

  @Test
  void anAlgorithmIsChosenOnceAShape() {
    // Two providers, each with a cache of its own; no two trials have the same shape.
    // types
    long choices = log.stream().filter(line -> line.startsWith("heuristic ")).count();
    long shapes = BlasContract.trials().stream().filter(BlasTrial::bias).count();
    assertEquals(2 * shapes, choices, () -> String.join("\n", log));
  }

  @Test
  void aRefusedCallIsNamedWithItsStatus() {
    List<String> refused = log.stream().filter(line -> line.startsWith("refused: ")).toList();
    assertEquals(2, refused.size(), () -> String.join("\n", log));
    for (String line : refused) {
      assertTrue(
          line.contains("cublasGemmEx failed with status 7: CUBLAS_STATUS_INVALID_VALUE"), line);
    }
  }
}
