package io.attune.bench.jmh.peer;

import io.attune.bench.jmh.Contestant;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.tensor.Tensor;
import java.util.List;

/** Attune's CPU device with the tensors of one contest. */
public final class Ours implements AutoCloseable {
  private final Device device;
  private final Arena arena;

  public Ours(int threads) {
    device = Devices.open("cpu:" + threads).device();
    arena = Arena.on(device);
  }

  public Device device() {
    return device;
  }

  public Arena arena() {
    return arena;
  }

  /** A tensor with these values. */
  public Tensor tensor(float[] values, long... dims) {
    Tensor tensor = empty(dims);
    device.write(tensor, values, 0);
    return tensor;
  }

  /** A tensor of zeros. */
  public Tensor empty(long... dims) {
    return arena.allocate("bench", dims);
  }

  /** A contestant that does {@code work}, after which {@code outputs} hold its results. */
  public Contestant running(Runnable work, Tensor... outputs) {
    return new Run(this, work, List.of(outputs));
  }

  @Override
  public void close() {
    arena.close();
    device.close();
  }

  private record Run(Ours ours, Runnable work, List<Tensor> results) implements Contestant {
    @Override
    public void run() {
      work.run();
    }

    @Override
    public float[][] outputs() {
      return results.stream().map(ours.device::toArray).toArray(float[][]::new);
    }

    @Override
    public void close() {
      ours.close();
    }
  }
}
