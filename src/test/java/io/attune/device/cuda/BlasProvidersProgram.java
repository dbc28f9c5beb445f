package io.attune.device.cuda;

import java.util.Arrays;

/** Every trial by both providers of cuBLAS, run by {@link BlasProvidersTest} on fake libraries. */
final class BlasProvidersProgram {
  private BlasProvidersProgram() {}

  public static void main(String[] arguments) {
    try (CudaDriver driver = JCudaDriver.open()) {
      driver.retainPrimaryContext(0);
      CudaDriver.Stream stream = driver.createStream();
      try (Blas chosen = Blas.open(driver)) {
        System.err.println("chosen " + chosen.description());
      }
      try (Blas foreign = BlasProviders.open(driver, "foreign");
          Blas jcublas = BlasProviders.open(driver, "jcublas")) {
        foreign.setStream(stream);
        jcublas.setStream(stream);
        System.err.println("foreign " + foreign.description());
        for (BlasTrial trial : BlasContract.trials()) {
          BlasTrial.Outcome one = trial.run(driver, stream, foreign);
          BlasTrial.Outcome other = trial.run(driver, stream, jcublas);
          boolean right =
              one.served()
                  && other.served()
                  && one.error() <= trial.limit()
                  && Arrays.equals(one.values(), other.values());
          System.err.println((right ? "right " : "WRONG " + one.error() + " ") + trial);
        }
        Blas.Matrix tooNarrow = new Blas.Matrix(4096, io.attune.tensor.DType.F32, 1);
        for (Blas blas : new Blas[] {foreign, jcublas}) {
          try {
            blas.gemm(
                false, false, 2, 2, 2, 1, tooNarrow, tooNarrow, 0, tooNarrow, Blas.Compute.F32);
          } catch (CudaException e) {
            System.err.println("refused: " + e.getMessage());
          }
        }
      }
      driver.destroyStream(stream);
    }
  }
}
