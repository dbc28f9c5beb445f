package io.attune.bench;

import io.attune.clip.Clip;
import io.attune.clip.VisionPass;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.PhiloxKey;
import io.attune.device.Recording;
import io.attune.nn.PassOptions;
import io.attune.nn.Workspace;

/** Pixels on the device to image embeddings on the device. */
final class InferenceWorkload implements Workload {
  private final Arena arena;
  private final VisionPass pass;
  private final Recording recording;

  InferenceWorkload(Device device, Clip clip, int batch) {
    arena = Arena.on(device);
    try {
      pass =
          new VisionPass(
              device, clip.vision(), Workspace.on(arena), batch, PassOptions.inference(true));
      device.philox().normal(new PhiloxKey(3, 0, 0), 0, 0, 1, pass.pixels());
      recording = device.record(pass::forward);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  @Override
  public void step(boolean replay) {
    if (replay) {
      recording.run();
    } else {
      pass.forward();
    }
  }

  @Override
  public long bytes() {
    return arena.bytes();
  }

  @Override
  public void close() {
    recording.close();
    arena.close();
  }
}
