package io.attune.device.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.device.op.AdamWSlot;
import io.attune.tensor.Tensor;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/**
 * Large arrays are updated by vectors from their first cache line on, small ones from the start.
 */
class CpuAdamWTest {
  private static final int LARGE = (1 << 20) + 100;
  private static final int OFFSET = 5;

  @Test
  void aLargeArrayIsUpdatedAsSmallOnesAre() {
    try (Device device = Devices.open("cpu:1").device();
        Arena arena = Arena.on(device)) {
      int small = 50_000;
      Tensor[] large = new Tensor[4];
      Tensor[] part = new Tensor[4];
      for (int i = 0; i < 4; i++) {
        float[] values = values(i, LARGE + OFFSET);
        Tensor whole = arena.allocate("large", 1, LARGE + OFFSET);
        device.write(whole, values, 0);
        large[i] = whole.columnRange(OFFSET, LARGE);
        part[i] = arena.allocate("small", 1, small);
        device.write(part[i], Arrays.copyOfRange(values, OFFSET, OFFSET + small), 0);
      }
      step(device, large);
      step(device, part);
      for (int i = 0; i < 4; i++) {
        assertArrayEquals(
            device.toArray(part[i]), device.toArray(large[i].columnRange(0, small)), "slot " + i);
      }
    }
  }

  @Test
  void linesBeginSixteenBytesAfterAnArray() {
    float[] large = new float[1 << 20];
    assertEquals(12, CpuSpans.toLine(large, 0));
    assertEquals(1, CpuSpans.toLine(large, 11));
    assertEquals(0, CpuSpans.toLine(large, 12));
    assertEquals(15, CpuSpans.toLine(large, 13));
    assertEquals(12, CpuSpans.toLine(large, CpuSpans.CHUNK));
    assertEquals(0, CpuSpans.toLine(new float[1000], 0));
  }

  private static void step(Device device, Tensor[] of) {
    AdamWSlot[] slots = {new AdamWSlot(of[0], of[1], of[2], of[3])};
    device.adamW().step(slots, 1e-3, 0.9, 0.999, 1e-8, 0.1, 3);
  }

  private static float[] values(int stream, int n) {
    float[] values = new float[n];
    Philox philox = new Philox(new PhiloxKey(7, stream, 0));
    for (int i = 0; i < n; i++) {
      values[i] = philox.nextFloat();
    }
    return values;
  }
}
