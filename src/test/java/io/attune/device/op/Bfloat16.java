package io.attune.device.op;

import io.attune.device.Device;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.util.Arrays;

/** BF16 tensors in trials, filled and read through {@link ElementwiseOps#copy}. */
final class Bfloat16 {
  private Bfloat16() {}

  /** Whether the device holds BF16; the cpu does not. */
  static boolean isServed(Device device) {
    return !device.name().equals("cpu");
  }

  /** A BF16 tensor of standard normal numbers, rounded. */
  static Tensor input(Trial trial, String name, long... dims) {
    return rounded(trial.device(), trial.input(name + " before rounding", dims), name);
  }

  /** A BF16 tensor full of NaN, to be overwritten. */
  static Tensor output(Trial trial, String name, long... dims) {
    return rounded(trial.device(), trial.output(name + " before rounding", dims), name);
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
