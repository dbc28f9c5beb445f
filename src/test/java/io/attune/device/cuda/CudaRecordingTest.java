package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.device.Device;
import io.attune.device.Precision;
import io.attune.device.Recording;
import io.attune.device.op.Epilogue;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Work that is done anew at first, then captured, then replayed. */
class CudaRecordingTest {
  private WatchedEmulation emulation;
  private Device device;
  private Tensor x;
  private Tensor y;

  @BeforeEach
  void open() {
    emulation = WatchedEmulation.open(Precision.F32);
    device = emulation.device();
    x = device.allocate("x", DType.F32, Shape.of(4, 4));
    y = device.allocate("y", DType.F32, Shape.of(4, 4));
  }

  @AfterEach
  void close() {
    x.buffer().close();
    y.buffer().close();
    emulation.close();
    assertEquals(Map.of(), emulation.held());
  }

  private void square() {
    device.gemm().multiply(false, x, false, x, 1, 0, y, Epilogue.NONE);
    device.elementwise().add(x, y, y);
  }

  private static float[] diagonal(float value) {
    float[] values = new float[16];
    for (int i = 0; i < 4; i++) {
      values[5 * i] = value;
    }
    return values;
  }

  @Test
  void isCapturedOnceAndReplayedOnNewContents() {
    int[] calls = {0};
    try (Recording recording =
        device.record(
            () -> {
              calls[0]++;
              square();
            })) {
      for (int run = 1; run <= 5; run++) {
        device.write(x, diagonal(run), 0);
        recording.run();
        assertArrayEquals(diagonal(run * run + run), device.toArray(y), "run " + run);
        assertEquals(Math.min(run, 2), calls[0], "done anew, then captured, then not called");
        assertEquals(run - 1, emulation.graphLaunches());
      }
      assertEquals(1, emulation.held().get("graphs"));
    }
    assertNull(emulation.held().get("graphs"));
  }

  @Test
  void isDoneAnewEachTimeWhereGraphsAreOff() {
    System.setProperty(CudaDevice.GRAPHS, "off");
    try (WatchedEmulation eager = WatchedEmulation.open(Precision.F32)) {
      int[] calls = {0};
      try (Recording recording = eager.device().record(() -> calls[0]++)) {
        for (int run = 1; run <= 3; run++) {
          recording.run();
        }
      }
      assertEquals(3, calls[0]);
      assertEquals(0, eager.graphLaunches());
    } finally {
      System.clearProperty(CudaDevice.GRAPHS);
    }
  }

  /** Two sizes share memory, as the last short batch of an epoch does. */
  @Test
  void shorterWorkInTheSameMemoryHasAGraphOfItsOwn() {
    Tensor shortX = x.rowRange(0, 2);
    Tensor shortY = y.rowRange(0, 2);
    try (Recording whole = device.record(() -> device.elementwise().add(x, x, y));
        Recording part = device.record(() -> device.elementwise().add(shortX, shortX, shortY))) {
      for (int run = 1; run <= 4; run++) {
        device.write(x, diagonal(run), 0);
        device.elementwise().fill(-1, y);
        whole.run();
        assertArrayEquals(diagonal(2 * run), device.toArray(y));
        device.elementwise().fill(-1, y);
        part.run();
        float[] expected = diagonal(2 * run);
        Arrays.fill(expected, 8, 16, -1);
        assertArrayEquals(expected, device.toArray(y));
      }
      assertEquals(2, emulation.held().get("graphs"));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "exchange data with the host",
        "wait for a sum",
        "wait for itself",
        "allocate another"
      })
  void refusesWhatCannotBeReplayedAndGoesOn(String what) {
    Tensor[] tensors = {x};
    boolean[] refused = {true};
    Runnable forbidden =
        switch (what) {
          case "exchange data with the host" -> () -> device.read(x, new float[16], 0);
          case "wait for a sum" -> () -> device.reduce().squaredNorm(tensors);
          case "wait for itself" -> device::synchronize;
          default -> () -> device.allocate("another", DType.F32, Shape.of(1)).buffer().close();
        };
    device.write(x, diagonal(3), 0);
    try (Recording recording =
        device.record(
            () -> {
              square();
              if (refused[0]) {
                forbidden.run();
              }
            })) {
      recording.run();
      String message = assertThrows(IllegalStateException.class, recording::run).getMessage();
      assertTrue(message.contains("a captured step cannot " + what), message);
      assertNull(emulation.held().get("graphs"), "the broken capture is destroyed");
      device.write(x, diagonal(2), 0);
      assertArrayEquals(diagonal(2), device.toArray(x), "the device goes on");
      refused[0] = false;
      recording.run();
      assertArrayEquals(diagonal(6), device.toArray(y));
      assertEquals(1, emulation.graphLaunches());
    }
  }

  /** The kernel of a replay would read far outside; nothing may have been queued. */
  @Test
  void everyReplayChecksTheIndicesThatWereWritten() {
    Tensor index = device.allocate("index", DType.I32, Shape.of(4));
    Recording recording = device.record(() -> device.embedding().gatherRows(x, index, y));
    for (int run = 0; run < 3; run++) {
      device.write(x, diagonal(run + 1), 0);
      device.write(index, new int[] {3, 2, 1, 0}, 0);
      recording.run();
      assertEquals(run + 1, device.toArray(y)[3]);
    }
    device.write(index, new int[] {0, 70_000_000, 0, 0}, 0);
    IllegalArgumentException e =
        assertThrows(IllegalArgumentException.class, () -> recording.run());
    assertTrue(e.getMessage().contains("element 1 is 70000000, expected 0..3"), e.getMessage());
    device.write(index, new int[] {0, 1, 2, 3}, 0);
    recording.run();
    assertArrayEquals(diagonal(3), device.toArray(y));
    index.buffer().close();
  }

  @Test
  void aClosedRecordingIsNotRun() {
    Recording recording = device.record(this::square);
    recording.run();
    recording.close();
    recording.close();
    assertThrows(IllegalStateException.class, recording::run);
  }

  /** What nobody closed is closed with the device; see {@link #close}. */
  @Test
  void theDeviceClosesWhatIsLeft() {
    Recording recording = device.record(this::square);
    recording.run();
    recording.run();
    assertEquals(1, emulation.held().get("graphs"));
  }
}
