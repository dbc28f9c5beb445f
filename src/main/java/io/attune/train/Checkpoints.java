package io.attune.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.device.Device;
import io.attune.format.JsonFault;
import io.attune.format.Safetensors;
import io.attune.format.SafetensorsWriter;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;

/**
 * The checkpoints of a run. {@code last-N.safetensors} holds parameters, AdamW's moments and the
 * {@link TrainingState}; {@code best-N.safetensors} the parameters at the best validation loss. The
 * marker {@code current.json} names the two that count and is written after them, so that a save
 * that was cut short leaves the checkpoint before it in force.
 */
public final class Checkpoints {
  static final String MARKER = "current.json";
  private static final int FORMAT = 1;
  private static final int MOST_ATTEMPTS = 100;
  private static final String STATE = "state";
  private static final String ENDING = ".safetensors";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path folder;
  private final RunFiles files;
  private Marker marker;

  /** Which files count. */
  private record Marker(int format, int sequence, Entry last, Entry best) {}

  /** A file and what its content must sum to. */
  private record Entry(String file, long bytes, long crc32c) {}

  /** The checkpoints of an open run. */
  public Checkpoints(RunFolder run) {
    this.folder = run.checkpoints();
    this.files = run.files();
    this.marker = readMarker(folder).orElse(null);
  }

  static boolean isCheckpoint(Path file) {
    String name = file.getFileName().toString();
    return name.endsWith(ENDING) && (name.startsWith("last-") || name.startsWith("best-"));
  }

  /** Whether there is anything to resume from. */
  public boolean present() {
    return marker != null;
  }

  /** Name of the checkpoint in force, for messages. */
  public String lastName() {
    return marker == null ? "no checkpoint" : folder.resolve(marker.last().file()).toString();
  }

  /**
   * Saves where the run stands.
   *
   * @param state a record that JSON can hold, such as {@link TrainingState}
   * @param best whether the parameters are the best so far
   */
  public void save(
      Device device, Record state, boolean best, List<Tensor> parameters, List<Tensor> moments) {
    int sequence = marker == null ? 1 : marker.sequence() + 1;
    String text = toJson(state);
    Path last = folder.resolve("last-%06d%s".formatted(sequence, ENDING));
    List<Tensor> all = new ArrayList<>(parameters);
    all.addAll(moments);
    write(device, last, text, all);
    Entry bestEntry = marker == null ? null : marker.best();
    if (best) {
      Path file = folder.resolve("best-%06d%s".formatted(sequence, ENDING));
      write(device, file, text, parameters);
      bestEntry = entry(file);
    }
    marker = new Marker(FORMAT, sequence, entry(last), bestEntry);
    files.write(folder.resolve(MARKER), (toJson(marker) + "\n").getBytes(StandardCharsets.UTF_8));
    removeOthers();
  }

  private void write(Device device, Path file, String state, List<Tensor> tensors) {
    SafetensorsWriter writer =
        new SafetensorsWriter().metadata("format", "attune-checkpoint/1").metadata(STATE, state);
    for (Tensor tensor : tensors) {
      Tensor flat = tensor.reshape(tensor.size());
      writer.tensor(
          tensor.name(),
          DType.F32,
          tensor.shape(),
          (from, into, count) ->
              device.read(flat.columnRange(Math.toIntExact(from), count), into, 0));
    }
    files.replace(file, () -> writer.write(file));
  }

  private void removeOthers() {
    try (Stream<Path> list = Files.list(folder)) {
      for (Path file : list.filter(Checkpoints::isCheckpoint).sorted().toList()) {
        String name = file.getFileName().toString();
        if (!name.equals(marker.last().file()) && !name.equals(marker.best().file())) {
          files.delete(file);
        }
      }
    } catch (IOException e) {
      throw InputException.unreadable(folder, e);
    }
  }

  /**
   * Reads the last checkpoint into the parameters and moments, and removes what a process that died
   * in the middle of a save left beside it.
   *
   * @throws InputException if it is damaged or belongs to another model
   */
  public TrainingState restore(Device device, List<Tensor> parameters, List<Tensor> moments) {
    return restore(device, parameters, moments, TrainingState.class);
  }

  /** As {@link #restore(Device, List, List)}, of a run with another kind of state. */
  <S extends Record> S restore(
      Device device, List<Tensor> parameters, List<Tensor> moments, Class<S> kind) {
    Path file = verified(folder, marker.last());
    removeOthers();
    try (Safetensors source = Safetensors.open(file)) {
      for (List<Tensor> tensors : List.of(parameters, moments)) {
        for (Tensor tensor : tensors) {
          source.require(tensor.name(), tensor.shape());
          device.write(tensor, source.read(tensor.name()), 0);
        }
      }
      return state(file, source, kind);
    }
  }

  /**
   * Reads the best parameters.
   *
   * @throws InputException if the checkpoint is damaged or belongs to another model
   */
  void restoreBest(Device device, List<Tensor> parameters) {
    try (Safetensors source = Safetensors.open(verified(folder, marker.best()))) {
      for (Tensor tensor : parameters) {
        source.require(tensor.name(), tensor.shape());
        device.write(tensor, source.read(tensor.name()), 0);
      }
    }
  }

  /**
   * The checkpoint with a run's best parameters, checked against its sum; the run may be in use.
   *
   * @throws InputException if the folder holds no run with a checkpoint
   */
  public static Path best(Path run) {
    Path folder = run.resolve(RunFolder.CHECKPOINTS);
    return current(folder, marker -> verified(folder, marker.best()))
        .orElseThrow(
            () ->
                new InputException(
                    run + ": holds no checkpoint - name the folder of a run that has begun"));
  }

  /**
   * Reads what the marker names. A run that trains meanwhile may replace a file between the two:
   * then the marker has changed, and is followed again.
   */
  private static <T> Optional<T> current(Path folder, Function<Marker, T> read) {
    for (int attempt = 1; ; attempt++) {
      Optional<Marker> marker = readMarker(folder);
      try {
        return marker.map(read);
      } catch (InputException e) {
        if (attempt == MOST_ATTEMPTS || marker.equals(readMarker(folder))) {
          throw e;
        }
      }
    }
  }

  /** Where a run stands, from its last checkpoint; empty before the first one. */
  public static Optional<TrainingState> lastState(Path run) {
    return lastState(run, TrainingState.class);
  }

  /** As {@link #lastState(Path)}, of a run with another kind of state. */
  static <S extends Record> Optional<S> lastState(Path run, Class<S> kind) {
    Path folder = run.resolve(RunFolder.CHECKPOINTS);
    return current(
        folder,
        marker -> {
          Path file = verified(folder, marker.last());
          try (Safetensors source = Safetensors.open(file)) {
            return state(file, source, kind);
          }
        });
  }

  private static <S extends Record> S state(Path file, Safetensors source, Class<S> kind) {
    String text = source.metadata().get(STATE);
    if (text == null) {
      throw new InputException(file + ": no training state in it - not a checkpoint of a run");
    }
    try {
      return JSON.readValue(text, kind);
    } catch (JsonProcessingException e) {
      throw new InputException(file + ": unreadable training state: " + e.getMessage(), e);
    }
  }

  private static Optional<Marker> readMarker(Path folder) {
    Path file = folder.resolve(MARKER);
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      Marker marker = JSON.readValue(Files.readString(file), Marker.class);
      if (marker.format() != FORMAT || marker.last() == null || marker.best() == null) {
        throw new InputException(file + ": not a checkpoint marker of this version");
      }
      return Optional.of(marker);
    } catch (JsonProcessingException e) {
      throw new InputException(file + ": damaged (" + JsonFault.of(e) + ")", e);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
  }

  private static Path verified(Path folder, Entry entry) {
    Path file = folder.resolve(entry.file());
    if (!Files.exists(file)) {
      throw new InputException(file + ": missing, though " + MARKER + " names it");
    }
    if (!entry(file).equals(entry)) {
      throw new InputException(
          file + ": damaged, its checksum is not the one in " + MARKER + " - restore it");
    }
    return file;
  }

  private static Entry entry(Path file) {
    CRC32C sum = new CRC32C();
    try (InputStream stream = new CheckedInputStream(Files.newInputStream(file), sum)) {
      long bytes = stream.transferTo(OutputStream.nullOutputStream());
      return new Entry(file.getFileName().toString(), bytes, sum.getValue());
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
  }

  private static String toJson(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not to be written as JSON: " + value, e);
    }
  }
}
