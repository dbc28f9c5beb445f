package io.attune.device.cpu;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.device.op.AdamWSlot;
import io.attune.device.op.RdmOps;
import io.attune.tensor.Tensor;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/**
 * Operations leave no garbage: at once where a step has little work for them, so that C2 would not
 * come to vector code for long; for good where it has much, once C2 has compiled it. Vectors that
 * are not compiled, or not inlined, are boxed, and then every call leaves some.
 */
class KernelGarbageTest {
  /** Calls in which an operation of little work must have stopped to allocate. */
  private static final int FEW = 20;

  /** Calls that count as for good, and calls after which there is no hope. */
  private static final int BLOCK = 300;

  private static final int ENOUGH = 30_000;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Whether a call allocates, on any thread. */
  private boolean allocates(Runnable call) {
    long before = threads.getTotalThreadAllocatedBytes();
    call.run();
    return threads.getTotalThreadAllocatedBytes() != before;
  }

  /** Boxing is garbage of every call; what else the JVM does meanwhile is not. */
  private void leavesNothingSoon(String name, Runnable call) {
    call.run();
    int allocating = 0;
    for (int i = 0; i < FEW; i++) {
      allocating += allocates(call) ? 1 : 0;
    }
    System.out.printf("%s: %d of the first %d calls allocate%n", name, allocating, FEW);
    assertTrue(allocating < FEW / 2, name + " allocates in each of its first calls");
  }

  private void leavesNothingInTheEnd(String name, Runnable call) {
    int allocating = BLOCK;
    int calls = 0;
    for (; calls < ENOUGH && allocating > BLOCK / 10; calls += BLOCK) {
      allocating = 0;
      for (int i = 0; i < BLOCK; i++) {
        allocating += allocates(call) ? 1 : 0;
      }
    }
    System.out.printf(
        "%s: %d of the last %d calls allocate, of %d%n", name, allocating, BLOCK, calls);
    assertTrue(allocating <= BLOCK / 10, name + " never stops to allocate");
  }

  private static Tensor normal(Device device, Arena arena, int number, long... dims) {
    Tensor tensor = arena.allocate("tensor " + number, dims);
    float[] values = new float[(int) tensor.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) Philox.normal(new PhiloxKey(1, number, 0), i);
    }
    device.write(tensor, values, 0);
    return tensor;
  }

  @Test
  void lossesAndFewParameters() {
    try (Device device = Devices.open("cpu:2").device();
        Arena arena = Arena.on(device)) {
      Tensor prediction = normal(device, arena, 1, 16, 512);
      Tensor target = normal(device, arena, 2, 16, 512);
      Tensor gradient = normal(device, arena, 3, 16, 512);
      Tensor loss = normal(device, arena, 4, 1);
      leavesNothingSoon(
          "mean squared error",
          () -> device.reduce().meanSquaredError(prediction, target, loss, gradient));
      Tensor first = normal(device, arena, 5, 16, 512);
      Tensor second = arena.allocate("second moment", 16, 512);
      AdamWSlot[] slots = {new AdamWSlot(prediction, gradient, first, second)};
      leavesNothingSoon(
          "AdamW of 8,192 parameters",
          () -> device.adamW().step(slots, 1e-3, 0.9, 0.98, 1e-6, 0.1, 1));
    }
  }

  /** The odd row is one in a block of 32, so that code of its own would be compiled late. */
  @Test
  void layerNormOfOddRows() {
    try (Device device = Devices.open("cpu:2").device();
        Arena arena = Arena.on(device)) {
      int width = 256;
      Tensor x = normal(device, arena, 1, 33, width);
      Tensor dy = normal(device, arena, 2, 33, width);
      Tensor gamma = normal(device, arena, 3, width);
      Tensor mean = arena.allocate("mean", 33);
      Tensor rstd = arena.allocate("rstd", 33);
      Tensor dx = arena.allocate("dx", 33, width);
      Tensor dgamma = arena.allocate("dgamma", width);
      Tensor dbeta = arena.allocate("dbeta", width);
      device.layerNorm().forward(x, gamma, gamma, 1e-5f, dx, mean, rstd);
      Tensor evenX = x.rowRange(0, 32);
      Tensor evenDy = dy.rowRange(0, 32);
      Tensor evenMean = mean.columnRange(0, 32);
      Tensor evenRstd = rstd.columnRange(0, 32);
      Tensor evenDx = dx.rowRange(0, 32);
      leavesNothingInTheEnd(
          "LayerNorm backward of 32 rows",
          () ->
              device
                  .layerNorm()
                  .backward(
                      evenDy, evenX, gamma, evenMean, evenRstd, evenDx, false, dgamma, dbeta));
      leavesNothingSoon(
          "LayerNorm backward of 33 rows",
          () -> device.layerNorm().backward(dy, x, gamma, mean, rstd, dx, false, dgamma, dbeta));
    }
  }

  /** A compilation that has inlined much inlines no further method that takes or gives a vector. */
  @Test
  void correlationRdms() {
    int times = 40;
    int batch = 24;
    int pairs = batch * (batch - 1) / 2;
    try (Device device = Devices.open("cpu:2").device();
        Arena arena = Arena.on(device)) {
      Tensor x = normal(device, arena, 1, times, batch, 66);
      Tensor unit = arena.allocate("unit", times, batch, 66);
      Tensor norm = arena.allocate("norm", times, batch);
      Tensor rdm = arena.allocate("rdm", times, pairs);
      Tensor target = normal(device, arena, 2, times, pairs);
      Tensor statistics = arena.allocate("statistics", RdmOps.statisticsSize(times, pairs));
      Tensor losses = arena.allocate("losses", 3);
      Tensor weights = normal(device, arena, 3, 3);
      Tensor drdm = arena.allocate("drdm", times, pairs);
      Tensor dx = arena.allocate("dx", times, batch, 66);
      leavesNothingInTheEnd(
          "RDMs, their loss and its gradient",
          () -> {
            device.rdm().correlation(x, unit, norm, rdm);
            device.rdm().loss(rdm, target, statistics, losses);
            device.rdm().lossBackward(rdm, target, statistics, weights, drdm);
            device.rdm().correlationBackward(drdm, unit, norm, dx);
          });
    }
  }
}
