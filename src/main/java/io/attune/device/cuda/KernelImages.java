package io.attune.device.cuda;

import io.attune.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Optional;

/** The kernels that the build packaged: a fatbin a family where nvcc was present, and sources. */
public final class KernelImages {
  private KernelImages() {}

  /**
   * @param family a file of the folder kernels/, without its ending
   * @return the fatbin's bytes
   * @throws InputException where this jar was built without nvcc
   */
  public static byte[] fatbin(String family) {
    return read(family + ".fatbin")
        .orElseThrow(
            () ->
                new InputException(
                    "this build holds no machine code for the kernels of kernels/"
                        + family
                        + ".cu - it was made without nvcc; build again with CUDA's nvcc on the"
                        + " path"));
  }

  /** Whether {@link #fatbin} would return something. */
  public static boolean hasFatbin(String family) {
    return KernelImages.class.getResource("kernels/" + family + ".fatbin") != null;
  }

  private static Optional<byte[]> read(String file) {
    try (InputStream in = KernelImages.class.getResourceAsStream("kernels/" + file)) {
      return in == null ? Optional.empty() : Optional.of(in.readAllBytes());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
