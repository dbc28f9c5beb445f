package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** NVRTC, where it is installed; compiling needs no GPU. */
class KernelCompilerTest {
  private static final byte[] ELF = {0x7F, 'E', 'L', 'F'};

  private static KernelCompiler compiler;

  @TempDir Path folder;

  @BeforeAll
  static void find() {
    try {
      compiler = KernelCompiler.open();
      System.out.println("compiling with " + compiler.description());
    } catch (CudaUnavailableException absent) {
      System.out.println("skipped: " + absent.getMessage());
      assumeTrue(false, absent.getMessage());
    }
  }

  @TestFactory
  Stream<DynamicTest> everyFamilyBecomesMachineCode() throws IOException {
    return KernelImagesTest.families().stream()
        .map(
            family ->
                DynamicTest.dynamicTest(
                    family,
                    () -> {
                      byte[] image = compiler.compile(KernelSource.of(family), "sm_90");
                      assertArrayEquals(ELF, java.util.Arrays.copyOf(image, 4));
                    }));
  }

  @Test
  void otherCardsGetPtx() {
    String ptx =
        new String(
            compiler.compile(KernelSource.of("normalize"), "compute_80"),
            StandardCharsets.US_ASCII);
    assertTrue(ptx.contains(".entry normalize_l2_f32("), "no kernel of that name");
    assertTrue(ptx.contains(".target sm_80"), "not for compute 8.0");
  }

  @Test
  void aCardGetsItsOwnCodeOrThatOfTheNewestBefore() {
    assertEquals("sm_90", compiler.target(90));
    assertTrue(compiler.target(990).startsWith("compute_"), compiler.target(990));
    assertThrows(CudaUnavailableException.class, () -> compiler.target(30));
  }

  @Test
  void anErrorNamesFileAndLine() {
    KernelSource broken =
        new KernelSource("broken.cu", "// first line\n__device__ int b = c;\n", Map.of());
    CudaException failure =
        assertThrows(CudaException.class, () -> compiler.compile(broken, "sm_90"));
    assertTrue(failure.getMessage().contains("kernels/broken.cu for sm_90"), failure.getMessage());
    assertTrue(failure.getMessage().contains("(2)"), failure.getMessage());
    assertEquals(1, failure.getMessage().lines().count(), failure.getMessage());
  }

  @Test
  void whatWasCompiledOnceIsKept() throws IOException {
    KernelCache cache = new KernelCache(folder.resolve("kernels"));
    KernelSource source = KernelSource.of("elementwise");
    byte[] first = cache.compile(compiler, source, "sm_90");
    List<Path> kept = list(cache.folder());
    assertEquals(1, kept.size(), kept.toString());
    assertArrayEquals(first, Files.readAllBytes(kept.getFirst()));
    Files.write(kept.getFirst(), new byte[] {1, 2, 3});
    assertArrayEquals(new byte[] {1, 2, 3}, cache.compile(compiler, source, "sm_90"), "from disk");
    KernelSource changed = new KernelSource(source.name(), source.text() + "\n", source.headers());
    assertArrayEquals(first, cache.compile(compiler, changed, "sm_90"), "compiled again");
    assertEquals(2, list(cache.folder()).size());
  }

  @Test
  void withoutAPlaceToKeepItIsCompiledAllTheSame() throws IOException {
    Path file = Files.writeString(folder.resolve("a file, no folder"), "");
    byte[] image = new KernelCache(file).compile(compiler, KernelSource.of("elementwise"), "sm_90");
    assertArrayEquals(ELF, java.util.Arrays.copyOf(image, 4));
  }

  private static List<Path> list(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }
}
