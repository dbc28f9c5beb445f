package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What the build packages of the folder kernels/. */
class KernelImagesTest {
  /** The first four bytes of every fatbin. */
  private static final int FATBIN_MAGIC = 0xBA55ED50;

  @Test
  void everyFamilyHasItsSourcesAndWithNvccItsMachineCode() throws IOException {
    Path unbuilt = Path.of("target", "kernels", "unbuilt.txt");
    String why = Files.exists(unbuilt) ? Files.readString(unbuilt).strip() : null;
    for (String family : families()) {
      assertNotNull(KernelImages.class.getResource("kernels/" + family + ".cu"), family);
      assertEquals(
          why == null,
          KernelImages.hasFatbin(family),
          family + ": has a fatbin, unless the build said why not: " + why);
      if (why == null) {
        ByteBuffer image =
            ByteBuffer.wrap(KernelImages.fatbin(family)).order(ByteOrder.LITTLE_ENDIAN);
        assertEquals(FATBIN_MAGIC, image.getInt(0), family);
      }
    }
    if (why != null) {
      System.out.println("skipped: the fatbins' own check - kernels: " + why);
      Assumptions.abort("kernels: " + why);
    }
  }

  @Test
  void kernelsIncludeNoHeaderOfCudas() throws IOException {
    try (Stream<Path> sources = Files.walk(Path.of("kernels"))) {
      Path host = Path.of("kernels", "emulation");
      for (Path source :
          sources.filter(Files::isRegularFile).filter(file -> !file.startsWith(host)).toList()) {
        String text = Files.readString(source);
        assertFalse(text.contains("#include <"), source + " includes a system header");
      }
    }
  }

  @Test
  void sourcesComeWithTheHeadersThatTheyReach() {
    KernelSource source = KernelSource.of("normalize");
    assertTrue(source.headers().containsKey("common/platform.cuh"), source.name());
    assertTrue(source.headers().values().stream().noneMatch(String::isBlank), source.name());
    assertThrows(IllegalArgumentException.class, () -> KernelSource.of("no-such-family"));
  }

  static List<String> families() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("kernels"))) {
      return files
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith(".cu"))
          .map(name -> name.substring(0, name.length() - 3))
          .sorted()
          .toList();
    }
  }

  /**
   * Of a user whom the passwd file does not know, as in a container, Java says that home is "?".
   */
  @Test
  void theCacheOfAUserWithoutAHomeIsNotInTheCurrentFolder() {
    String kept = System.getProperty("user.home");
    System.setProperty("user.home", "?");
    try {
      assertTrue(KernelCache.usual(Map.of()).isAbsolute());
    } finally {
      System.setProperty("user.home", kept);
    }
  }
}
