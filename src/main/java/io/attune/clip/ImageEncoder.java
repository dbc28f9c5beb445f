package io.attune.clip;

import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.Recording;
import io.attune.nn.PassOptions;
import io.attune.nn.Workspace;

/** Turns normalised pixels into embeddings, a batch at a time, saving nothing else. */
public final class ImageEncoder implements AutoCloseable {
  private final Device device;
  private final Clip clip;
  private final int batch;
  private final Arena arena;
  private final Workspace workspace;
  private final VisionPass full;
  private final Recording fullForward;
  private VisionPass partial;
  private int partialSize;

  /**
   * Prepares an encoder.
   *
   * @param batch most images encoded at once
   */
  public ImageEncoder(Device device, Clip clip, int batch) {
    this.device = device;
    this.clip = clip;
    this.batch = batch;
    this.arena = Arena.on(device);
    this.workspace = Workspace.on(arena);
    this.full =
        new VisionPass(device, clip.vision(), workspace, batch, PassOptions.inference(true));
    this.fullForward = device.record(full::forward);
  }

  public int batch() {
    return batch;
  }

  /**
   * Encodes up to {@link #batch()} images.
   *
   * @param pixels [count, 3, H, W]
   * @param embeds receives [count, projection], before L2 normalisation, from {@code offset} on
   */
  public void encode(float[] pixels, int count, float[] embeds, int offset) {
    VisionPass pass = pass(count);
    device.write(pass.pixels(), pixels, 0);
    if (pass == full) {
      fullForward.run();
    } else {
      pass.forward();
    }
    device.read(pass.embeds(), embeds, offset);
  }

  private VisionPass pass(int count) {
    if (count == batch) {
      return full;
    }
    if (count != partialSize) {
      partial =
          new VisionPass(
              device, clip.vision(), workspace.smaller(), count, PassOptions.inference(true));
      partialSize = count;
    }
    return partial;
  }

  @Override
  public void close() {
    fullForward.close();
    arena.close();
  }
}
