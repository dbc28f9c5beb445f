package io.attune.device.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.util.function.Function;

/** Whether an operation gives the same bits on any number of threads, and when repeated. */
final class Threads {
  private Threads() {}

  /** Standard normal numbers; the same ones for the same stream. */
  static Tensor input(Device device, int stream, long... dims) {
    Tensor tensor = device.allocate("input " + stream, DType.F32, Shape.of(dims));
    float[] values = new float[(int) tensor.size()];
    Philox random = new Philox(new PhiloxKey(11, stream, 0));
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextNormal();
    }
    device.write(tensor, values, 0);
    return tensor;
  }

  /**
   * Runs {@code computation} on the trial's device, and, where that is the cpu, on 1, 2 and 3
   * threads; fails unless all results have the same bits as the first run on the trial's device.
   */
  static void assertSameBits(Trial trial, Function<Device, Tensor[]> computation) {
    float[][] expected = results(trial.device(), computation);
    compare("repeated", expected, results(trial.device(), computation));
    if (trial.device().name().equals("cpu")) {
      for (int threads = 1; threads <= 3; threads++) {
        try (Device device = Devices.open("cpu:" + threads).device()) {
          compare(device.description(), expected, results(device, computation));
        }
      }
    }
  }

  private static float[][] results(Device device, Function<Device, Tensor[]> computation) {
    Tensor[] tensors = computation.apply(device);
    float[][] values = new float[tensors.length][];
    for (int i = 0; i < tensors.length; i++) {
      values[i] = device.toArray(tensors[i]);
    }
    return values;
  }

  private static void compare(String what, float[][] expected, float[][] actual) {
    for (int i = 0; i < expected.length; i++) {
      assertArrayEquals(bits(expected[i]), bits(actual[i]), what + ", result " + i);
    }
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }
}
