package io.attune.device.op;

import static org.junit.jupiter.api.Assertions.fail;

import io.attune.device.Device;
import io.attune.device.Philox;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.Supplier;

/**
 * One random case of one operation on one device: draws parameters and tensors, and compares with
 * references in double precision. Outputs start as NaN; a tensor with gaps between its rows has NaN
 * in them, which must still be there at the end.
 */
final class Trial {
  /** Elements of a gradient that are checked; each costs two reference forward passes. */
  private static final int CHECKED_ELEMENTS = 40;

  private final Device device;
  private final Philox random;
  private final StringJoiner parameters = new StringJoiner(", ");
  private final List<Gapped> gapped = new ArrayList<>();

  private record Gapped(Tensor whole, Tensor view) {}

  Trial(Device device, Philox random) {
    this.device = device;
    this.random = random;
  }

  Device device() {
    return device;
  }

  /** All parameters drawn so far, for messages. */
  String parameters() {
    return parameters.toString();
  }

  /** Draws a whole number from {@code low} to {@code high}, both included. */
  int size(String name, int low, int high) {
    int value = low + random.nextInt(high - low + 1);
    parameters.add(name + " " + value);
    return value;
  }

  boolean flag(String name) {
    return pick(name, false, true);
  }

  @SafeVarargs
  final <E> E pick(String name, E... choices) {
    E value = choices[random.nextInt(choices.length)];
    parameters.add(name + " " + value);
    return value;
  }

  /** A whole number from 0 to {@code bound - 1} that messages leave out. */
  int below(int bound) {
    return random.nextInt(bound);
  }

  /** True {@code percent} times of a hundred. */
  boolean percent(int percent) {
    return below(100) < percent;
  }

  /** Standard normal numbers, rounded to floats. */
  double[] normals(int count) {
    double[] values = new double[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextNormal();
    }
    return values;
  }

  /** A contiguous F32 tensor with these values. */
  Tensor tensor(String name, double[] values, long... dims) {
    Tensor tensor = device.allocate(name, DType.F32, Shape.of(dims));
    device.write(tensor, floats(values), 0);
    return tensor;
  }

  /** A contiguous F32 tensor of standard normal numbers. */
  Tensor input(String name, long... dims) {
    return tensor(name, normals((int) Shape.of(dims).size()), dims);
  }

  /** An I32 tensor of whole numbers from 0 to {@code bound - 1}. */
  Tensor indices(String name, int bound, long... dims) {
    Tensor tensor = device.allocate(name, DType.I32, Shape.of(dims));
    int[] values = new int[(int) tensor.size()];
    Arrays.setAll(values, i -> random.nextInt(bound));
    device.write(tensor, values, 0);
    return tensor;
  }

  /** A contiguous F32 tensor full of NaN, to be overwritten. */
  Tensor output(String name, long... dims) {
    double[] poison = new double[(int) Shape.of(dims).size()];
    Arrays.fill(poison, Double.NaN);
    return tensor(name, poison, dims);
  }

  /** As {@link #input}, with 0 to 9 elements of NaN before and after each row. */
  Tensor gappedInput(String name, long... dims) {
    Tensor tensor = gappedOutput(name, dims);
    device.write(tensor, floats(normals((int) tensor.size())), 0);
    return tensor;
  }

  /** As {@link #output}, with 0 to 9 elements of NaN before and after each row. */
  Tensor gappedOutput(String name, long... dims) {
    Shape shape = Shape.of(dims);
    int before = random.nextInt(10);
    int after = random.nextInt(10);
    parameters.add("gap of %s %d+%d".formatted(name, before, after));
    Tensor whole = output(name, shape.rows(), before + shape.columns() + after);
    Tensor view = whole.columnRange(before, shape.columns()).reshape(dims);
    gapped.add(new Gapped(whole, view));
    return view;
  }

  /** {@link #input} or {@link #gappedInput}, by chance. */
  Tensor anyInput(String name, long... dims) {
    return flag("gaps in " + name) ? gappedInput(name, dims) : input(name, dims);
  }

  /** {@link #output} or {@link #gappedOutput}, by chance. */
  Tensor anyOutput(String name, long... dims) {
    return flag("gaps in " + name) ? gappedOutput(name, dims) : output(name, dims);
  }

  /** The values of an F32 tensor. */
  double[] values(Tensor tensor) {
    return doubles(device.toArray(tensor));
  }

  /** Fails unless each element is within {@code absolute + relative |expected|}. */
  void assertClose(Tensor actual, double[] expected, double relative, double absolute) {
    double[] values = values(actual);
    if (values.length != expected.length) {
      fail("%s has not %d elements".formatted(actual, expected.length));
    }
    for (int i = 0; i < expected.length; i++) {
      assertClose(actual.name(), i, values[i], expected[i], relative, absolute);
    }
  }

  private static void assertClose(
      String name, int index, double actual, double expected, double relative, double absolute) {
    double bound = absolute + relative * Math.abs(expected);
    if (!(Math.abs(actual - expected) <= bound || actual == expected)) {
      fail(
          "%s[%d] is %.9g, expected %.9g, error %.3g exceeds %.3g"
              .formatted(name, index, actual, expected, Math.abs(actual - expected), bound));
    }
  }

  /**
   * Compares a gradient with central differences of the double-precision reference, at up to 40
   * elements chosen at random.
   *
   * @param actual what the device computed: {@code before + J^T doutput}
   * @param before what the gradient was added to; null where it is overwritten
   * @param x the reference's input, varied in place and restored
   * @param forward the reference's forward pass on the present content of x
   * @param doutput gradient of the loss with respect to the result of forward
   */
  void assertGradient(
      Tensor actual,
      double[] before,
      double[] x,
      Supplier<double[]> forward,
      double[] doutput,
      double relative,
      double absolute) {
    double[] gradient = values(actual);
    if (gradient.length != x.length) {
      fail("%s has not %d elements".formatted(actual, x.length));
    }
    int[] order = random.permutation(x.length);
    for (int n = 0; n < Math.min(CHECKED_ELEMENTS, x.length); n++) {
      int i = order[n];
      double kept = x[i];
      double step = 1e-5 * Math.max(1, Math.abs(kept));
      x[i] = kept + step;
      double up = dot(forward.get(), doutput);
      x[i] = kept - step;
      double down = dot(forward.get(), doutput);
      x[i] = kept;
      double expected = (up - down) / (2 * step) + (before == null ? 0 : before[i]);
      assertClose(actual.name(), i, gradient[i], expected, relative, absolute);
    }
  }

  /** Fails if an operation wrote between the rows of a tensor with gaps. */
  void assertGapsUntouched() {
    for (Gapped pair : gapped) {
      double[] all = values(pair.whole());
      int columns = pair.whole().columns();
      int from = (int) pair.view().offset();
      for (int i = 0; i < all.length; i++) {
        boolean inside = i % columns >= from && i % columns < from + pair.view().columns();
        if (!inside && !Double.isNaN(all[i])) {
          fail("the gap of %s was written at %d".formatted(pair.view(), i));
        }
      }
    }
  }

  static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < values.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  static double[] doubles(float[] values) {
    double[] doubles = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      doubles[i] = values[i];
    }
    return doubles;
  }
}
