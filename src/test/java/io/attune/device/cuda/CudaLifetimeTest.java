package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.device.Device;
import io.attune.device.Precision;
import io.attune.device.op.Activation;
import io.attune.device.op.Epilogue;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Two devices in one process, and devices and tensors that are closed in any order. */
class CudaLifetimeTest {
  private static final float[] VALUES = {1, 2, 3, 4};

  private static Tensor square(Device device, String name) {
    Tensor tensor = device.allocate(name, DType.F32, Shape.of(2, 2));
    device.write(tensor, VALUES, 0);
    return tensor;
  }

  private static void assertForeign(Executable call) {
    IllegalArgumentException refused = assertThrows(IllegalArgumentException.class, call);
    assertTrue(
        refused.getMessage().startsWith("theirs [2, 2] F32 lies on another CUDA device"),
        refused.getMessage());
  }

  @Test
  void aTensorOfAnotherDeviceIsRefusedBeforeAnythingIsQueued() {
    try (WatchedEmulation one = WatchedEmulation.open(Precision.F32);
        WatchedEmulation two = WatchedEmulation.open(Precision.F32)) {
      Device device = one.device();
      Tensor ours = square(device, "ours");
      Tensor theirs = square(two.device(), "theirs");
      Tensor y = square(device, "y");
      assertForeign(() -> device.write(theirs, VALUES, 0));
      assertForeign(() -> device.toArray(theirs));
      assertForeign(
          () -> device.gemm().multiply(false, ours, false, theirs, 1, 0, y, Epilogue.NONE));
      assertForeign(() -> device.activation().forward(Activation.GELU, theirs, y));
      Tensor scale = device.allocate("scale", DType.F32, Shape.of(1));
      assertForeign(() -> device.contrastive().logits(ours, scale, theirs));
      device.elementwise().add(ours, ours, y);
      assertArrayEquals(new float[] {2, 4, 6, 8}, device.toArray(y));
      assertArrayEquals(VALUES, two.device().toArray(theirs));
    }
  }

  @Test
  void whatIsRefusedLeavesNothingBehindInTheKernels() {
    try (WatchedEmulation emulation = WatchedEmulation.open(Precision.F32)) {
      Device device = emulation.device();
      Tensor open = square(device, "open");
      Tensor closed = square(device, "closed");
      Tensor integers = device.allocate("integers", DType.I32, Shape.of(2, 2));
      closed.buffer().close();
      for (Tensor bad : new Tensor[] {closed, integers}) {
        assertThrows(IllegalArgumentException.class, () -> device.write(bad, VALUES, 0));
        assertThrows(IllegalArgumentException.class, () -> device.toArray(bad));
        Tensor scale = device.allocate("scale", DType.F32, Shape.of(1));
        assertThrows(
            IllegalArgumentException.class, () -> device.contrastive().logits(open, scale, bad));
        device.write(open, VALUES, 0);
        assertArrayEquals(VALUES, device.toArray(open));
        Tensor logits = square(device, "logits");
        device.contrastive().logits(open, scale, logits);
        assertArrayEquals(VALUES, device.toArray(logits));
        scale.buffer().close();
        logits.buffer().close();
      }
    }
  }

  @Test
  void closingTwiceAndATensorAfterItsDeviceDoNothing() {
    WatchedEmulation emulation = WatchedEmulation.open(Precision.F32);
    Device device = emulation.device();
    Tensor freed = square(device, "freed");
    Tensor late = square(device, "late");
    freed.buffer().close();
    freed.buffer().close();
    device.close();
    Map<String, Long> held = emulation.held();
    assertEquals(Map.of("allocations", 1L), held, "late alone is left");
    device.close();
    late.buffer().close();
    assertEquals(held, emulation.held(), "memory of a closed device is not freed again");
    for (Executable use :
        new Executable[] {
          () -> device.toArray(square(device, "new")),
          () -> device.allocate("new", DType.F32, Shape.of(1)),
          device::synchronize,
        }) {
      IllegalStateException refused = assertThrows(IllegalStateException.class, use);
      assertTrue(refused.getMessage().contains("was closed"), refused.getMessage());
    }
  }
}
