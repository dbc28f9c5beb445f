package io.attune.device.cuda;

/**
 * Which {@link Blas} serves: the newest cuBLAS found decides. JCublas2 is bound to version 12, the
 * foreign provider serves 12 and 13 alike; {@code -Dattune.blas=jcublas|foreign} asks for one.
 */
final class BlasProviders {
  static final String PROPERTY = "attune.blas";
  private static final String JCUBLAS = "jcublas";
  private static final String FOREIGN = "foreign";
  private static final String VERSION_OF_JCUBLAS = ".so.12";

  private BlasProviders() {}

  /**
   * Finds a library and makes a handle in the current context.
   *
   * @throws CudaUnavailableException in one line: what was not found, what to do
   */
  static Blas open(CudaDriver driver) {
    return open(driver, System.getProperty(PROPERTY));
  }

  /**
   * @param asked a provider's name, or null
   */
  static Blas open(CudaDriver driver, String asked) {
    LibrarySearch search = LibrarySearch.ofThisMachine(CudaLibrary.CUBLAS);
    if (asked == null) {
      CudaLibrary.Loaded library = CudaLibrary.CUBLAS.load(search, "");
      return library.majorVersion() == 12 && JCublasBlas.canLoad()
          ? new JCublasBlas(library, driver)
          : new ForeignCublas(library, driver);
    }
    return switch (asked) {
      case JCUBLAS -> new JCublasBlas(CudaLibrary.CUBLAS.load(search, VERSION_OF_JCUBLAS), driver);
      case FOREIGN -> new ForeignCublas(CudaLibrary.CUBLAS.load(search, ""), driver);
      default ->
          throw new CudaUnavailableException(
              "-D%s=%s is unknown: expected %s or %s".formatted(PROPERTY, asked, JCUBLAS, FOREIGN));
    };
  }
}
