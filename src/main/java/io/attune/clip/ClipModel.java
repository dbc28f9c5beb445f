package io.attune.clip;

import io.attune.InputException;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.Precision;
import io.attune.device.op.Activation;
import io.attune.format.AtomicFile;
import io.attune.format.TensorSource;
import io.attune.tensor.DType;
import java.nio.file.Files;
import java.nio.file.Path;

/** A CLIP model on a device: its configuration and its weights, which it owns. */
public final class ClipModel implements AutoCloseable {
  private static final String REMEDY =
      "take a device with more memory, or, where it is Java's, give it more: ATTUNE_OPTS=-Xmx...";

  private final Device device;
  private final Arena arena;
  private final Clip clip;

  private ClipModel(Device device, ClipConfig config) {
    long needed = weightBytes(config, device.precision());
    long free = device.availableBytes();
    if (needed > free) {
      throw new InputException(
          "too little memory on %s: the model's weights need %,d MiB, %,d MiB are free - %s"
              .formatted(device.name(), Math.ceilDiv(needed, 1L << 20), free >> 20, REMEDY));
    }
    this.device = device;
    this.arena = Arena.on(device);
    try {
      this.clip = new Clip(config, arena);
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  public Device device() {
    return device;
  }

  public Clip clip() {
    return clip;
  }

  public ClipConfig config() {
    return clip.config();
  }

  /**
   * Bytes of the weights in f32, and of their copies where products are computed in bf16; none are
   * allocated.
   */
  public static long weightBytes(ClipConfig config, Precision precision) {
    Arena plan = Arena.planning(precision);
    new Clip(config, plan);
    return plan.bytes();
  }

  /** A new model with random weights, see {@link ClipInitializer}. */
  public static ClipModel random(ClipConfig config, Device device, long seed) {
    ClipModel model = new ClipModel(device, config);
    ClipInitializer.initialize(model.clip, device, seed);
    model.clip.refresh(device);
    return model;
  }

  /**
   * Opens a model folder: Hugging Face's layout (one file or shards), or open_clip's or OpenAI's
   * names in a safetensors file.
   *
   * @param activation used where there is no config of Hugging Face's to tell it; may be null
   * @throws InputException if something is missing or does not fit
   */
  public static ClipModel open(Path folder, Device device, Activation activation) {
    if (!Files.isDirectory(folder)) {
      throw new InputException(
          "%s: no such folder; a model is a folder with config.json and model.safetensors"
              .formatted(folder));
    }
    try (TensorSource source = ForeignNames.resolve(ForeignConfig.openWeights(folder))) {
      ClipConfig config =
          Files.exists(folder.resolve("config.json"))
              ? ClipConfig.read(folder)
              : ForeignConfig.derive(folder, source, activation);
      // A config that does not fit its weights must not ask for memory first.
      ClipWeights.requireShapes(source, new Clip(config, Arena.planning()));
      ClipModel model = new ClipModel(device, config);
      try {
        ClipWeights.load(source, model.clip, device);
        model.clip.refresh(device);
      } catch (RuntimeException e) {
        model.close();
        throw e;
      }
      return model;
    }
  }

  /** {@link #open(Path, Device, Activation)} for a folder that tells its activation. */
  public static ClipModel open(Path folder, Device device) {
    return open(folder, device, null);
  }

  /** Writes config.json and model.safetensors; the folder must exist. */
  public void save(Path folder, DType dtype) {
    ClipWeights.save(clip, device, dtype, folder.resolve("model.safetensors"));
    AtomicFile.writeText(folder.resolve("config.json"), config().toJson());
  }

  @Override
  public void close() {
    arena.close();
  }
}
