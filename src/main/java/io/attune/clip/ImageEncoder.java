package io.attune.clip;

import io.attune.InputException;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.DeviceMemoryException;
import io.attune.device.LargestBatch;
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
   * @throws InputException if there is too little memory, with the batch that would fit
   */
  public ImageEncoder(Device device, Clip clip, int batch) {
    this.device = device;
    this.clip = clip;
    this.batch = batch;
    this.arena = Arena.on(device);
    this.workspace = Workspace.on(arena);
    try {
      this.full =
          new VisionPass(device, clip.vision(), workspace, batch, PassOptions.inference(true));
    } catch (DeviceMemoryException e) {
      arena.close();
      throw tooLarge(device, clip, batch, e);
    }
    this.fullForward = device.record(full::forward);
  }

  /** An encoder of {@code most} images at once, or of as many as memory allows. */
  public static ImageEncoder fitting(Device device, Clip clip, int most) {
    try {
      return new ImageEncoder(device, clip, most);
    } catch (InputException e) {
      int fits = largestBatch(device, clip, most - 1);
      if (fits == 0) {
        throw e;
      }
      return new ImageEncoder(device, clip, fits);
    }
  }

  private static int largestBatch(Device device, Clip clip, int most) {
    return LargestBatch.within(most, device.availableBytes(), n -> bytes(device, clip, n));
  }

  /** Bytes of an encoder beside the weights. */
  private static long bytes(Device device, Clip clip, int batch) {
    Arena plan = Arena.planning(device.precision());
    new VisionPass(device, clip.vision(), Workspace.on(plan), batch, PassOptions.inference(true));
    return plan.bytes();
  }

  private static InputException tooLarge(
      Device device, Clip clip, int batch, DeviceMemoryException cause) {
    int fits = largestBatch(device, clip, batch - 1);
    return new InputException(
        "too little memory on %s: %d images at once need %,d MiB, %,d MiB are free - %s"
            .formatted(
                device.name(),
                batch,
                bytes(device, clip, batch) >> 20,
                device.availableBytes() >> 20,
                fits == 0 ? "not even one image fits" : "--batch " + fits + " would fit"),
        cause);
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
