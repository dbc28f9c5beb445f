package io.attune.device.op;

import static org.junit.jupiter.api.Assertions.fail;

import io.attune.device.Device;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Assumptions;

/** BF16 tensors in trials, filled and read through {@link ElementwiseOps#copy}. */
final class Bfloat16 {
  private Bfloat16() {}

  /** Whether the device holds BF16; the cpu does not. */
  static boolean isServed(Device device) {
    return !device.name().equals("cpu");
  }

  /** Ends the trial, with the reason, where the device holds no BF16. */
  static void assumeServed(Device device) {
    if (!isServed(device)) {
      System.out.println("not tested with BF16: " + device.description());
    }
    Assumptions.assumeTrue(isServed(device), "no BF16 on " + device.name());
  }

  /** A BF16 tensor of standard normal numbers, rounded. */
  static Tensor input(Trial trial, String name, long... dims) {
    return rounded(trial.device(), trial.input(name + " before rounding", dims), name);
  }

  /** A BF16 tensor full of NaN, to be overwritten. */
  static Tensor output(Trial trial, String name, long... dims) {
    return rounded(trial.device(), trial.output(name + " before rounding", dims), name);
  }

  /** {@link #input} or {@link #output}, by chance with gaps of NaN between the rows. */
  static Tensor any(Trial trial, String name, boolean input, long... dims) {
    Tensor floats = input ? trial.input(name + " before rounding", dims) : null;
    if (!trial.flag("gaps in " + name)) {
      return input ? rounded(trial.device(), floats, name) : output(trial, name, dims);
    }
    int before = trial.size("columns before", 0, 9);
    int columns = Shape.of(dims).columns();
    Tensor whole = output(trial, name, Shape.of(dims).rows(), before + columns + 3);
    Tensor view = whole.columnRange(before, columns);
    if (input) {
      trial.device().elementwise().copy(floats, view);
    }
    return view;
  }

  /** A BF16 copy of a tensor. */
  static Tensor rounded(Device device, Tensor source, String name) {
    Tensor half = device.allocate(name, DType.BF16, source.shape());
    device.elementwise().copy(source, half);
    return half;
  }

  /** The values of a BF16 tensor, with or without gaps. */
  static float[] values(Device device, Tensor half) {
    Tensor floats =
        device.allocate(half.name() + " as floats", DType.F32, Shape.of(half.shape().dims()));
    device.elementwise().copy(half, floats);
    return device.toArray(floats);
  }

  /**
   * Fails unless each element is the rounding of a number within {@code absolute + relative
   * |expected|} of what is expected: no more than the float operation's own error is allowed.
   */
  static void assertRounded(
      Device device, Tensor half, double[] expected, double relative, double absolute) {
    float[] actual = values(device, half);
    float[] low = new float[actual.length];
    float[] high = new float[actual.length];
    for (int i = 0; i < actual.length; i++) {
      double bound = absolute + relative * Math.abs(expected[i]);
      low[i] = (float) (expected[i] - bound);
      high[i] = (float) (expected[i] + bound);
    }
    low = rounded(low);
    high = rounded(high);
    for (int i = 0; i < actual.length; i++) {
      if (!(low[i] <= actual[i] && actual[i] <= high[i])) {
        fail(
            "%s[%d] is %.9g, expected %.9g, rounded to BF16: %.9g to %.9g"
                .formatted(half.name(), i, actual[i], expected[i], low[i], high[i]));
      }
    }
  }

  /** These values as BF16 holds them: to nearest, ties to even; finite values only. */
  static float[] rounded(float[] values) {
    float[] rounded = Arrays.copyOf(values, values.length);
    for (int i = 0; i < rounded.length; i++) {
      int bits = Float.floatToRawIntBits(rounded[i]);
      bits = (bits + 0x7fff + (bits >>> 16 & 1)) & 0xffff0000;
      rounded[i] = Float.intBitsToFloat(bits);
    }
    return rounded;
  }
}
