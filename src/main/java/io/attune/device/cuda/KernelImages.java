package io.attune.device.cuda;

import io.attune.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;

/**
 * The kernels as the driver takes them: the fatbin that the build packaged where nvcc was present,
 * else what NVRTC makes of the packaged sources at first use.
 */
public final class KernelImages {
  /** {@code -Dattune.kernels=nvrtc} compiles the sources even where there is a fatbin. */
  private static final String PROPERTY = "attune.kernels";

  private KernelImages() {}

  /**
   * @param family a file of the folder kernels/, without its ending
   * @param capability the card's compute capability, such as 90 for 9.0
   * @return a fatbin, a cubin or PTX
   * @throws InputException where this jar was built without nvcc and NVRTC is not found either
   */
  public static byte[] image(String family, int capability) {
    byte[] fatbin = fatbin(family);
    if (fatbin != null && !"nvrtc".equals(System.getProperty(PROPERTY))) {
      return fatbin;
    }
    KernelSource source = KernelSource.of(family);
    KernelCompiler compiler;
    try {
      compiler = KernelCompiler.open();
    } catch (CudaUnavailableException absent) {
      throw new CudaUnavailableException(
          "kernels/%s has to be compiled here, since the build had no nvcc, and %s"
              .formatted(source.name(), absent.getMessage()),
          absent);
    }
    return KernelCache.ofThisUser().compile(compiler, source, compiler.target(capability));
  }

  /** Whether the build packaged machine code of this family. */
  public static boolean hasFatbin(String family) {
    return KernelImages.class.getResource("kernels/" + family + ".fatbin") != null;
  }

  /** The packaged fatbin, or null. */
  static byte[] fatbin(String family) {
    try (InputStream in = KernelImages.class.getResourceAsStream("kernels/" + family + ".fatbin")) {
      return in == null ? null : in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
