package io.attune.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.attune.clip.Clip;
import io.attune.clip.ClipConfig;
import io.attune.clip.ImageEncoder;
import io.attune.clip.TextEncoder;
import io.attune.device.Device;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Holds our embeddings against PyTorch's of the same weights before anything is timed. */
final class ModelCheck {
  private static final int COUNT = 4;

  private final Device device;
  private final Clip clip;
  private final Path folder;

  /**
   * @param folder of the weights, where inputs and PyTorch's embeddings are exchanged too
   */
  ModelCheck(Device device, Clip clip, Path folder) {
    this.device = device;
    this.clip = clip;
    this.folder = folder;
  }

  /** {@code image_error} and {@code text_error}: relative L2; or {@code failed}. */
  Map<String, Object> compare(Peer peer, String precision, double seconds) throws IOException {
    ClipConfig config = clip.config();
    float[] pixels = ModelInputs.pixels(config, COUNT);
    int[] ids = ModelInputs.ids(config, COUNT);
    ByteBuffer bytes = buffer(pixels.length);
    bytes.asFloatBuffer().put(pixels);
    Files.write(folder.resolve("pixels.f32"), bytes.array());
    bytes = buffer(ids.length);
    bytes.asIntBuffer().put(ids);
    Files.write(folder.resolve("ids.i32"), bytes.array());

    Map<String, Object> request = new LinkedHashMap<>();
    request.put("folder", folder.toString());
    request.put("pixels", folder.resolve("pixels.f32").toString());
    request.put("ids", folder.resolve("ids.i32").toString());
    request.put("out", folder.resolve("embeds.f32").toString());
    request.put("texts", COUNT);
    request.put("precision", precision);
    request.put("way", "eager");
    JsonNode reply = peer.ask("embeddings", request, seconds);
    Map<String, Object> row = new LinkedHashMap<>();
    if (reply.has("failed")) {
      row.put("failed", reply.path("failed").asText());
      return row;
    }
    int width = config.projection();
    float[] theirs = new float[2 * COUNT * width];
    ByteBuffer.wrap(Files.readAllBytes(folder.resolve("embeds.f32")))
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(theirs);
    float[] images = new float[COUNT * width];
    try (ImageEncoder encoder = new ImageEncoder(device, clip, COUNT)) {
      encoder.encode(pixels, COUNT, images, 0);
    }
    float[] texts = new TextEncoder(device, clip).encode(ids, COUNT, config.context());
    row.put("image_error", error(images, theirs, 0));
    row.put("text_error", error(texts, theirs, images.length));
    return row;
  }

  private static ByteBuffer buffer(int count) {
    return ByteBuffer.allocate(4 * count).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static double error(float[] ours, float[] theirs, int offset) {
    double difference = 0;
    double length = 0;
    for (int i = 0; i < ours.length; i++) {
      double expected = theirs[offset + i];
      difference += (ours[i] - expected) * (ours[i] - expected);
      length += expected * expected;
    }
    return Math.sqrt(difference / length);
  }
}
