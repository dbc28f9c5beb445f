package io.attune.device;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.attune.device.op.DevicesPresent;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the host writes is what it reads, also where it travels in several parts. */
class TransferContract {
  /** More than two of the parts in which a CUDA device moves data. */
  private static final int LARGE = 5_000_003;

  static List<String> devices() {
    return DevicesPresent.names();
  }

  @ParameterizedTest
  @MethodSource("devices")
  void largeTensorsArriveWhole(String name) {
    try (Device device = Devices.open(name).device()) {
      Tensor tensor = device.allocate("large", DType.F32, Shape.of(LARGE));
      float[] values = values(LARGE + 7);
      device.write(tensor, values, 7);
      // The caller may change the array at once.
      float[] expected = Arrays.copyOfRange(values, 7, values.length);
      Arrays.fill(values, Float.NaN);
      float[] read = new float[LARGE + 3];
      device.read(tensor, read, 3);
      assertArrayEquals(expected, Arrays.copyOfRange(read, 3, read.length));

      Tensor integers = device.allocate("integers", DType.I32, Shape.of(LARGE));
      int[] numbers = new int[LARGE];
      Arrays.setAll(numbers, i -> i * 31);
      device.write(integers, numbers, 0);
      int[] back = new int[LARGE];
      device.read(integers, back, 0);
      assertArrayEquals(numbers, back);
    }
  }

  @ParameterizedTest
  @MethodSource("devices")
  void gapsAreLeftAlone(String name) {
    int rows = 2500;
    int columns = 1001;
    try (Device device = Devices.open(name).device()) {
      Tensor whole = device.allocate("whole", DType.F32, Shape.of(rows, columns + 9));
      device.elementwise().fill(-1, whole);
      Tensor view = whole.columnRange(4, columns);
      float[] values = values(rows * columns);
      device.write(view, values, 0);
      assertArrayEquals(values, device.toArray(view));
      float[] all = device.toArray(whole);
      for (int row = 0; row < rows; row++) {
        int at = row * (columns + 9);
        assertEquals(-1, all[at + 3]);
        assertEquals(values[row * columns], all[at + 4]);
        assertEquals(-1, all[at + 4 + columns]);
      }
    }
  }

  /** Writes follow what is queued before them and come before what is queued after. */
  @ParameterizedTest
  @MethodSource("devices")
  void writesKeepTheirPlace(String name) {
    try (Device device = Devices.open(name).device()) {
      Tensor x = device.allocate("x", DType.F32, Shape.of(100));
      Tensor y = device.allocate("y", DType.F32, Shape.of(8, 100));
      float[] values = new float[100];
      for (int n = 0; n < 8; n++) {
        Arrays.fill(values, n);
        device.write(x, values, 0);
        device.elementwise().copy(x, y.rowRange(n, 1).reshape(100));
      }
      float[] all = device.toArray(y);
      for (int i = 0; i < all.length; i++) {
        assertEquals(i / 100, all[i]);
      }
    }
  }

  private static float[] values(int count) {
    float[] values = new float[count];
    Philox random = new Philox(new PhiloxKey(20261122, 1, 0));
    for (int i = 0; i < count; i++) {
      values[i] = random.nextInt(1 << 24);
    }
    return values;
  }
}
