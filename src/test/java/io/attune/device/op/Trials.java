package io.attune.device.op;

import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.opentest4j.TestAbortedException;

/**
 * Turns one description of an operation into tests: on every device present, with shapes and values
 * drawn at random. A failing trial prints its parameters and how to replay it: {@code
 * -Dattune.test.seed=S -Dattune.test.trial=I}.
 */
final class Trials {
  private static final long SEED = Long.getLong("attune.test.seed", 20261122L);
  private static final int ONLY = Integer.getInteger("attune.test.trial", -1);

  /** Asked for once a JVM, when the first trial needs it. */
  private static final class Present {
    private static final List<String> NAMES = DevicesPresent.names();
  }

  private Trials() {}

  /** {@code count} trials on each device present, for a {@code @TestFactory} to return. */
  static Stream<DynamicTest> of(String operation, int count, Consumer<Trial> body) {
    System.out.println(operation + ": seed " + SEED);
    return Present.NAMES.stream()
        .flatMap(
            device ->
                IntStream.range(0, count)
                    .filter(index -> ONLY < 0 || index == ONLY)
                    .mapToObj(
                        index ->
                            DynamicTest.dynamicTest(
                                "%s, %s, trial %d".formatted(operation, device, index),
                                () -> run(operation, device, index, body))));
  }

  private static void run(String operation, String deviceName, int index, Consumer<Trial> body) {
    try (Device device = Devices.open(deviceName).device()) {
      PhiloxKey key = new PhiloxKey(SEED, operation.hashCode(), index);
      Trial trial = new Trial(device, new Philox(key));
      try {
        body.accept(trial);
        trial.assertGapsUntouched();
      } catch (TestAbortedException e) {
        throw e;
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError(
            "%s on %s with %s (replay: -Dattune.test.seed=%d -Dattune.test.trial=%d): %s"
                .formatted(operation, deviceName, trial.parameters(), SEED, index, e.getMessage()),
            e);
      }
    }
  }
}
