package io.attune.clip;

import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.nn.PassOptions;
import io.attune.nn.Workspace;

/** Turns token ids into embeddings. */
public final class TextEncoder {
  /** Most texts computed at once. */
  private static final int BATCH = 64;

  private final Device device;
  private final Clip clip;

  public TextEncoder(Device device, Clip clip) {
    this.device = device;
    this.clip = clip;
  }

  /**
   * Encodes texts of equal padded length.
   *
   * @param ids [texts, length] token ids; length is at most the context
   * @return [texts, projection], before L2 normalisation
   */
  public float[] encode(int[] ids, int texts, int length) {
    int projection = clip.config().projection();
    float[] embeds = new float[Math.multiplyExact(texts, projection)];
    if (texts == 0) {
      return embeds;
    }
    int batch = Math.min(texts, BATCH);
    try (Arena arena = Arena.on(device)) {
      Workspace workspace = Workspace.on(arena);
      PassOptions options = PassOptions.inference(false);
      TextPass pass = new TextPass(device, clip.text(), workspace, batch, length, options);
      for (int from = 0; from < texts; from += batch) {
        int count = Math.min(batch, texts - from);
        if (count < batch) {
          pass = new TextPass(device, clip.text(), workspace.smaller(), count, length, options);
        }
        pass.setIds(ids, from * length);
        pass.forward();
        device.read(pass.embeds(), embeds, from * projection);
      }
    }
    return embeds;
  }
}
