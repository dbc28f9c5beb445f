package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.device.op.DevicesPresent;
import io.attune.format.Safetensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** How runs of different devices are compared. */
final class DeviceRuns {
  private static final String GRAPHS = "attune.cuda.graphs";

  private DeviceRuns() {}

  /** All devices that are held against the CPU. */
  static List<String> others() {
    return DevicesPresent.names().stream().filter(name -> !name.equals("cpu")).toList();
  }

  /** Does it with every step queued anew instead of replayed. */
  static void withoutGraphs(Runnable run) {
    System.setProperty(GRAPHS, "off");
    try {
      run.run();
    } finally {
      System.clearProperty(GRAPHS);
    }
  }

  /** The validation loss before training, then training and validation loss of each epoch. */
  static double[] losses(TrainingResult result) {
    return Stream.concat(
            Stream.of(result.untrained().validationLoss()),
            result.metrics().stream()
                .flatMap(row -> Stream.of(row.trainLoss(), row.validationLoss())))
        .mapToDouble(Double::doubleValue)
        .toArray();
  }

  /** All losses agree, relative to their size; the largest difference. */
  static double compareLosses(TrainingResult expected, TrainingResult found, double tolerance) {
    double[] theirs = losses(expected);
    double[] ours = losses(found);
    assertEquals(theirs.length, ours.length);
    double worst = 0;
    for (int i = 0; i < theirs.length; i++) {
      worst = Math.max(worst, Math.abs(theirs[i] - ours[i]) / theirs[i]);
      assertEquals(theirs[i], ours[i], tolerance * theirs[i], "loss " + i);
    }
    return worst;
  }

  /** What a run's best checkpoint holds. */
  static Map<String, float[]> trained(Path run) {
    Map<String, float[]> values = new TreeMap<>();
    try (Safetensors best = Safetensors.open(Checkpoints.best(run))) {
      best.names().forEach(tensor -> values.put(tensor, best.read(tensor)));
    }
    return values;
  }

  /** All of the best parameters agree, relative to a tensor's norm; the largest difference. */
  static double compareTrained(Path expected, Path found, double tolerance) {
    Map<String, float[]> theirs = trained(expected);
    Map<String, float[]> ours = trained(found);
    assertEquals(theirs.keySet(), ours.keySet());
    double worst = 0;
    for (String tensor : theirs.keySet()) {
      // No loss depends on the keys' bias: its gradient is rounding, which AdamW scales up.
      if (!tensor.endsWith("k_proj.bias")) {
        double error = distance(theirs.get(tensor), ours.get(tensor));
        worst = Math.max(worst, error);
        assertTrue(error < tolerance, tensor + " differs by " + error);
      }
    }
    return worst;
  }

  /** L2 norm of the difference over that of the expected values. */
  private static double distance(float[] expected, float[] found) {
    double difference = 0;
    double size = 0;
    for (int i = 0; i < expected.length; i++) {
      difference += Math.pow(expected[i] - found[i], 2);
      size += Math.pow(expected[i], 2);
    }
    return Math.sqrt(difference / size);
  }

  /** The best parameters of both runs are equal to the bit. */
  static void assertSameBits(Path first, Path second) {
    Map<String, float[]> ours = trained(second);
    trained(first)
        .forEach(
            (name, values) ->
                assertArrayEquals(
                    values, ours.get(name), first + " and " + second + " differ in " + name));
  }
}
