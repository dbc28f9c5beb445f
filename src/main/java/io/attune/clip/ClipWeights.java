package io.attune.clip;

import io.attune.InputException;
import io.attune.device.Device;
import io.attune.format.SafetensorsWriter;
import io.attune.format.TensorSource;
import io.attune.nn.Parameter;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;
import java.nio.file.Path;
import java.util.SortedSet;
import java.util.TreeSet;

/** Moves weights between safetensors files in Hugging Face's names and a model on a device. */
public final class ClipWeights {
  /** Floats converted at a time. */
  private static final int CHUNK = 1 << 22;

  private ClipWeights() {}

  /**
   * Fills every parameter of {@code clip} from {@code source}.
   *
   * @throws InputException if a tensor is missing, has another shape, holds a number that is not
   *     finite, or is one too many ({@code *.position_ids} are ignored)
   */
  public static void load(TensorSource source, Clip clip, Device device) {
    SortedSet<String> left = new TreeSet<>(source.names());
    left.removeIf(name -> name.endsWith(".position_ids"));
    for (Parameter parameter : clip.parameters()) {
      read(source, parameter.value(), device);
      left.remove(parameter.name());
    }
    if (!left.isEmpty()) {
      throw new InputException(
          "%s: tensor %s is not part of the model that config.json describes (%d such in all); check num_hidden_layers, or remove it"
              .formatted(source.location(), left.first(), left.size()));
    }
  }

  private static void read(TensorSource source, Tensor target, Device device) {
    source.require(target.name(), target.shape());
    long columns = target.columns();
    long rowsAtOnce = Math.max(1, CHUNK / columns);
    float[] part = new float[(int) Math.min(rowsAtOnce * columns, target.size())];
    long rows = target.shape().rows();
    for (long row = 0; row < rows; row += rowsAtOnce) {
      long count = Math.min(rowsAtOnce, rows - row);
      source.read(target.name(), row * columns, part, 0, (int) (count * columns));
      requireFinite(source, target, row * columns, part, (int) (count * columns));
      device.write(target.rowRange(row, count), part, 0);
    }
  }

  /** A broken weight would spoil every embedding without a word. */
  private static void requireFinite(
      TensorSource source, Tensor target, long from, float[] part, int count) {
    for (int i = 0; i < count; i++) {
      if (!Float.isFinite(part[i])) {
        throw new InputException(
            "%s: tensor %s %s holds %s at element %d, expected finite numbers; the file is damaged: fetch or convert it again"
                .formatted(source.location(), target.name(), target.shape(), part[i], from + i));
      }
    }
  }

  /**
   * Checks that every parameter of {@code clip} is in {@code source} with its shape, without
   * reading any; the parameters may be planned ones.
   *
   * @throws InputException naming the first that is missing or has another shape
   */
  static void requireShapes(TensorSource source, Clip clip) {
    clip.parameters()
        .forEach(parameter -> source.require(parameter.name(), parameter.value().shape()));
  }

  /**
   * Writes every parameter of {@code clip} to one safetensors file.
   *
   * @param dtype F32, F16 or BF16; F16 refuses what would overflow
   */
  public static void save(Clip clip, Device device, DType dtype, Path file) {
    SafetensorsWriter writer = new SafetensorsWriter().metadata("format", "pt");
    for (Parameter parameter : clip.parameters()) {
      Tensor value = parameter.value();
      writer.tensor(
          parameter.name(),
          dtype,
          value.shape(),
          (from, into, count) -> readPart(device, value, from, into, count));
    }
    writer.write(file);
  }

  /** Elements in row-major order; a weight is contiguous, so any part of it is a vector. */
  private static void readPart(Device device, Tensor value, long from, float[] into, int count) {
    device.read(value.reshape(1, value.size()).columnRange((int) from, count), into, 0);
  }
}
