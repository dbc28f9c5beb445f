package io.attune.device.cuda;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import jcuda.driver.JCudaDriver;

/**
 * Loads JCuda's native libraries from the library path or, failing that, out of their jars. JCuda
 * unpacks them under fixed names in {@code java.io.tmpdir}, where another user's file may lie: the
 * property names a private folder while a library loads.
 */
final class JCudaNatives {
  private static final String TEMPORARY = "java.io.tmpdir";

  private JCudaNatives() {}

  /** The driver's part. */
  static void load() {
    // Each status is checked in our JCudaDriver.
    load("driver", () -> JCudaDriver.setExceptionsEnabled(false));
  }

  /**
   * @param part what people would call it
   * @param touch uses the class of JCuda's that loads its library when it is initialised
   * @throws CudaUnavailableException in one line, where it does not load
   */
  static synchronized void load(String part, Runnable touch) {
    String before = System.getProperty(TEMPORARY);
    Path folder = null;
    try {
      folder = Files.createTempDirectory("attune-jcuda");
      System.setProperty(TEMPORARY, folder.toString());
      touch.run();
    } catch (IOException e) {
      throw new CudaUnavailableException(
          "cannot make a folder for JCuda's library in %s: %s".formatted(before, e), e);
    } catch (LinkageError e) {
      throw new CudaUnavailableException(
          "JCuda's %s library for this system is missing or does not load: %s"
              .formatted(part, String.valueOf(e.getMessage()).lines().findFirst().orElse("")),
          e);
    } finally {
      System.setProperty(TEMPORARY, before);
      delete(folder);
    }
  }

  /** A loaded library stays mapped; where it cannot be deleted it waits for the next clean-up. */
  private static void delete(Path folder) {
    if (folder == null) {
      return;
    }
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
      Files.delete(folder);
    } catch (IOException kept) {
      folder.toFile().deleteOnExit();
    }
  }
}
