package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.device.cuda.Blas.Compute;
import io.attune.tensor.DType;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** What every provider of matrix products must give, wherever one is present. */
class BlasContract {
  /** A driver to compute on, the provider of products on it, and what both are called. */
  private record Place(String name, CudaDriver driver, Function<CudaDriver, Blas> provider) {}

  /** Every pair of transposes and of types, batches, a bias, a residual, odd extents. */
  static List<BlasTrial> trials() {
    List<BlasTrial> trials = new ArrayList<>();
    DType[][] types = {{DType.F32, DType.F32}, {DType.BF16, DType.F32}, {DType.BF16, DType.BF16}};
    for (DType[] pair : types) {
      for (int transposes = 0; transposes < 4; transposes++) {
        boolean a = transposes % 2 == 1;
        boolean b = transposes / 2 == 1;
        for (boolean bias : new boolean[] {false, true}) {
          trials.add(
              new BlasTrial(a, b, 17, 9, 33, pair[0], pair[1], 0, 1, bias, false, Compute.F32));
        }
        trials.add(
            new BlasTrial(a, b, 24, 16, 64, pair[0], pair[1], 0.5f, 3, false, false, Compute.F32));
      }
      trials.add(
          new BlasTrial(
              false, true, 40, 8, 16, pair[0], pair[1], 2f, 1, false, false, Compute.TF32));
      trials.add(
          new BlasTrial(
              true, false, 61, 13, 24, pair[0], pair[1], 1f, 1, true, false, Compute.TF32));
      trials.add(
          new BlasTrial(
              true, false, 21, 10, 24, pair[0], pair[1], 0.5f, 1, true, true, Compute.F32));
    }
    return trials;
  }

  @TestFactory
  Stream<DynamicContainer> everyProviderAgreesWithDoublePrecision() {
    return places().stream()
        .map(
            place ->
                DynamicContainer.dynamicContainer(
                    place.name,
                    trials().stream()
                        .map(
                            trial ->
                                DynamicTest.dynamicTest(
                                    trial.toString(), () -> check(place, trial)))));
  }

  private static void check(Place place, BlasTrial trial) {
    CudaDriver driver = place.driver;
    driver.makeCurrent();
    CudaDriver.Stream stream = driver.createStream();
    try (Blas blas = place.provider.apply(driver)) {
      blas.setStream(stream);
      BlasTrial.Outcome outcome = trial.run(driver, stream, blas);
      if (outcome.served()) {
        assertTrue(
            outcome.error() <= trial.limit(),
            () -> "%s: error %.3g, at most %.3g".formatted(trial, outcome.error(), trial.limit()));
        BlasTrial.Outcome again = trial.run(driver, stream, blas);
        assertTrue(
            java.util.Arrays.equals(outcome.values(), again.values()),
            () -> trial + ": a second run gave other bits");
      } else {
        assertTrue(trial.bias(), () -> trial + ": a plain product was not served");
        System.out.println(place.name + " has no fused path for " + trial);
      }
    } finally {
      driver.destroyStream(stream);
    }
  }

  private static List<Place> places() {
    List<Place> places = new ArrayList<>();
    add(
        places,
        "emulated",
        () -> EmulatedDriver.open(0),
        driver -> new EmulatedBlas((EmulatedDriver) driver));
    for (String provider : List.of("foreign", "jcublas")) {
      add(places, provider, JCudaDriver::open, driver -> BlasProviders.open(driver, provider));
    }
    return places;
  }

  private static void add(
      List<Place> places,
      String name,
      java.util.function.Supplier<CudaDriver> opener,
      Function<CudaDriver, Blas> provider) {
    try {
      CudaDriver driver = opener.get();
      driver.retainPrimaryContext(0);
      try (Blas blas = provider.apply(driver)) {
        System.out.println("products by " + name + ": " + blas.description());
      }
      places.add(new Place(name, driver, provider));
    } catch (InputException absent) {
      System.out.println("products by " + name + " not tested: " + absent.getMessage());
    }
  }
}
