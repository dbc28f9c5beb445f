package io.attune.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.attune.InputException;
import io.attune.format.JsonFault;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The folder of one training run: {@code config.json}, {@code versions.json}, {@code split.json},
 * {@code metrics.csv} and {@code checkpoints/}. It is locked against a second process while open,
 * and every file in it is written durably. An existing run is never overwritten unless asked.
 */
public final class RunFolder implements AutoCloseable {
  public static final String CONFIG = "config.json";
  public static final String VERSIONS = "versions.json";
  public static final String SPLIT = "split.json";
  public static final String METRICS = "metrics.csv";
  public static final String CHECKPOINTS = "checkpoints";
  private static final String LOCK = ".lock";

  /** Characters of a setting that a message shows. */
  private static final int LONGEST = 60;

  private static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(SerializationFeature.INDENT_OUTPUT)
          .setPropertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE);

  private final Path path;
  private final RunFiles files;
  private final FileChannel lockChannel;
  private final FileLock lock;

  private RunFolder(Path path, RunFiles files, FileChannel lockChannel, FileLock lock) {
    this.path = path;
    this.files = files;
    this.lockChannel = lockChannel;
    this.lock = lock;
  }

  /** What to do with a folder that is there already. */
  public enum Existing {
    /** Refuse it unless it is empty. */
    REFUSE,
    /** Remove the run that is in it. */
    OVERWRITE,
    /** Go on from its last checkpoint, or begin if it has none. */
    RESUME
  }

  /**
   * Opens the folder for a run and locks it, creating it if need be.
   *
   * @throws InputException if it holds files and may not be used, or another process uses it
   */
  public static RunFolder open(Path path, Existing existing) {
    return open(path, existing, RunFiles.unobserved());
  }

  static RunFolder open(Path path, Existing existing, RunFiles files) {
    try {
      requireAllowed(path, existing);
      Files.createDirectories(path.resolve(CHECKPOINTS));
      RunFolder folder = lock(path, files);
      try {
        if (existing == Existing.OVERWRITE) {
          folder.clear();
        }
        folder.removeTemporaries();
      } catch (IOException | RuntimeException e) {
        folder.close();
        throw e;
      }
      return folder;
    } catch (IOException e) {
      throw InputException.unwritable(path, e);
    }
  }

  /**
   * Asserts what can be told of a folder without touching it.
   *
   * @throws InputException if it holds files and may not be used
   */
  static void require(Path path, Existing existing) {
    try {
      requireAllowed(path, existing);
    } catch (IOException e) {
      throw InputException.unreadable(path, e);
    }
  }

  private static void requireAllowed(Path path, Existing existing) throws IOException {
    if (Files.exists(path) && !Files.isDirectory(path)) {
      throw new InputException(path + ": is a file, a run needs a folder - choose another --out");
    }
    for (Path above = path.toAbsolutePath().getParent();
        above != null && !Files.isDirectory(above);
        above = above.getParent()) {
      if (Files.exists(above)) {
        throw new InputException(
            "%s: %s is a file, a run needs a folder - choose another --out"
                .formatted(path, above.getFileName()));
      }
    }
    if (existing == Existing.REFUSE && isRun(path)) {
      throw new InputException(
          path
              + ": exists already - go on with --resume, replace it with --overwrite, or choose"
              + " another --out");
    }
    if (!isEmpty(path) && !isRun(path)) {
      throw new InputException(
          path
              + ": holds files but no run (no "
              + CONFIG
              + " beside "
              + CHECKPOINTS
              + "/) - choose another --out");
    }
  }

  private static RunFolder lock(Path path, RunFiles files) throws IOException {
    FileChannel channel =
        FileChannel.open(path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    FileLock lock = null;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      // Held by this very process: answered as if by another.
    } finally {
      if (lock == null) {
        channel.close();
      }
    }
    if (lock == null) {
      throw new InputException(
          path + ": another process is training in this folder - wait for it or stop it first");
    }
    return new RunFolder(path, files, channel, lock);
  }

  /** A folder with nothing but what {@link #open} itself makes counts as empty. */
  private static boolean isEmpty(Path path) throws IOException {
    if (!Files.exists(path)) {
      return true;
    }
    // By its real name: a walk does not enter a link.
    try (Stream<Path> walk = Files.walk(path.toRealPath())) {
      return walk.noneMatch(
          p ->
              !Files.isDirectory(p)
                  && !p.endsWith(LOCK)
                  && !p.toString().endsWith(RunFiles.TEMPORARY));
    }
  }

  /** A model's folder has a config.json too, which must never be taken for a run to overwrite. */
  private static boolean isRun(Path path) {
    return Files.exists(path.resolve(CONFIG)) && Files.isDirectory(path.resolve(CHECKPOINTS));
  }

  /** Removes a run's own files; the marker first, so that no half-removed run can be resumed. */
  private void clear() throws IOException {
    files.delete(path.resolve(CHECKPOINTS).resolve(Checkpoints.MARKER));
    try (Stream<Path> list = Files.list(path.resolve(CHECKPOINTS))) {
      for (Path file : list.filter(Checkpoints::isCheckpoint).toList()) {
        files.delete(file);
      }
    }
    for (String name :
        List.of(METRICS, SPLIT, VERSIONS, MegRun.TEXT_UNIT, MegDeviation.FILE, CONFIG)) {
      files.delete(path.resolve(name));
    }
  }

  private void removeTemporaries() throws IOException {
    for (Path folder : List.of(path, path.resolve(CHECKPOINTS))) {
      try (Stream<Path> list = Files.list(folder)) {
        for (Path file : list.filter(p -> p.toString().endsWith(RunFiles.TEMPORARY)).toList()) {
          files.delete(file);
        }
      }
    }
  }

  public Path path() {
    return path;
  }

  public Path checkpoints() {
    return path.resolve(CHECKPOINTS);
  }

  RunFiles files() {
    return files;
  }

  /** Writes {@code value} as indented JSON. */
  public void writeJson(String name, Object value) {
    try {
      writeText(name, JSON.writeValueAsString(value) + "\n");
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException("not to be written as JSON: " + value, e);
    }
  }

  /** Writes a text file. */
  public void writeText(String name, String text) {
    files.write(path.resolve(name), text.getBytes(StandardCharsets.UTF_8));
  }

  /** Reads a JSON file of this run, if it is there. */
  public Optional<JsonNode> readJson(String name) {
    return readJson(path, name);
  }

  /**
   * Reads a JSON file of a run without locking it.
   *
   * @throws InputException if it is not JSON
   */
  public static Optional<JsonNode> readJson(Path run, String name) {
    Path file = run.resolve(name);
    try {
      return Files.exists(file)
          ? Optional.of(JSON.readTree(Files.readString(file)))
          : Optional.empty();
    } catch (JsonProcessingException e) {
      throw new InputException(file + ": not valid JSON (" + JsonFault.of(e) + ")", e);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
  }

  /**
   * Compares the settings of a resumed run with those it was started with.
   *
   * @throws InputException naming the first setting that differs
   */
  public void requireSameConfig(Object settings, List<String> mayDiffer) {
    requireSameConfig(settings, mayDiffer, Map.of());
  }

  /**
   * As the other.
   *
   * @param options what the command line calls settings that have another name there
   */
  void requireSameConfig(Object settings, List<String> mayDiffer, Map<String, String> options) {
    JsonNode now = JSON.valueToTree(settings);
    JsonNode then = readJson(CONFIG).orElse(now);
    now.fieldNames()
        .forEachRemaining(
            field -> {
              String asked = String.valueOf(now.get(field));
              String stored = String.valueOf(then.get(field));
              if (!mayDiffer.contains(field) && !asked.equals(stored)) {
                throw new InputException(
                    "%s: the run was started with %s = %s, now asked for %s - resume with the same"
                            .formatted(
                                path.resolve(CONFIG),
                                options.getOrDefault(field, field),
                                shortened(stored),
                                shortened(asked))
                        + " settings or start a new run");
              }
            });
  }

  /** Lists of prompts and courses over time would fill the screen. */
  private static String shortened(String value) {
    return value.length() <= LONGEST ? value : value.substring(0, LONGEST) + "...";
  }

  @Override
  public void close() {
    try {
      lock.release();
      lockChannel.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
