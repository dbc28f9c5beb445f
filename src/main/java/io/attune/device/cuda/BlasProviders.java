package io.attune.device.cuda;

/**
 * Which {@link Blas} serves: the newest cuBLAS found decides. JCublas2 is bound to version 12, the
 * foreign provider serves 12 and 13 alike; {@code -Dattune.blas=jcublas|foreign} asks for one.
 */
final class BlasProviders {
  static final String PROPERTY = "attune.blas";
  private static final String JCUBLAS = "jcublas";
  private static final String FOREIGN = "foreign";
  private static final int VERSION_OF_JCUBLAS = 12;

  private BlasProviders() {}

  /**
   * Finds a library and makes a handle in the current context.
   *
   * @throws CudaUnavailableException in one line: what was not found, what to do
   */
  static Blas open(CudaDriver driver) {
    return open(driver, System.getProperty(PROPERTY));
  }

  /** The library and the provider that {@link #open} would take; this needs no GPU. */
  static String survey() {
    String asked = System.getProperty(PROPERTY);
    CudaLibrary.Loaded library = library(asked);
    return "%s at %s, %s"
        .formatted(
            CublasNumbers.version(CublasFunctions.version(library)),
            library.path(),
            usesJCublas(asked, library) ? "through JCublas2" : "called directly");
  }

  /**
   * @param asked a provider's name, or null
   */
  static Blas open(CudaDriver driver, String asked) {
    CudaLibrary.Loaded library = library(asked);
    return usesJCublas(asked, library)
        ? new JCublasBlas(library, driver)
        : new ForeignCublas(library, driver);
  }

  private static CudaLibrary.Loaded library(String asked) {
    if (asked != null && !asked.equals(JCUBLAS) && !asked.equals(FOREIGN)) {
      throw new CudaUnavailableException(
          "-D%s=%s is unknown: expected %s or %s".formatted(PROPERTY, asked, JCUBLAS, FOREIGN));
    }
    LibrarySearch search = LibrarySearch.ofThisMachine(CudaLibrary.CUBLAS);
    return CudaLibrary.CUBLAS.load(search, JCUBLAS.equals(asked) ? VERSION_OF_JCUBLAS : 0);
  }

  private static boolean usesJCublas(String asked, CudaLibrary.Loaded library) {
    return asked == null
        ? library.majorVersion() == 12 && JCublasBlas.canLoad()
        : asked.equals(JCUBLAS);
  }
}
