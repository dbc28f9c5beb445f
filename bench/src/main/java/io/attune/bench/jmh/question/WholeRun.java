package io.attune.bench.jmh.question;

import io.attune.bench.jmh.Contestant;
import io.attune.bench.jmh.Gauges;
import io.attune.device.Device;
import io.attune.device.Devices;

/** Ours, when a whole run of training is the work; it is asked for its gauges, not for outputs. */
final class WholeRun implements Contestant {
  /** Trains once. */
  interface Work {
    Gauges run(Device device) throws Exception;
  }

  private final Device device;
  private final Work work;
  private Gauges gauges = Gauges.NONE;

  WholeRun(int threads, Work work) {
    this.device = Devices.open("cpu:" + threads).device();
    this.work = work;
  }

  @Override
  public void run() throws Exception {
    gauges = work.run(device);
  }

  @Override
  public Gauges gauges() {
    return gauges;
  }

  @Override
  public float[][] outputs() {
    return new float[0][];
  }

  @Override
  public void close() {
    device.close();
  }
}
