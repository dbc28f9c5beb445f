package io.attune.data;

import io.attune.InputException;
import io.attune.format.AtomicFile;
import io.attune.format.Hdf5Writer;
import io.attune.format.NpyWriter;
import io.attune.format.SafetensorsWriter;
import io.attune.tensor.Shape;
import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Embeddings with the names of their rows.
 *
 * @param names one a row
 * @param width numbers of a row
 * @param values [names, width]
 */
public record Embeddings(List<String> names, int width, float[] values) {
  private static final Set<String> EXTENSIONS = Set.of("npy", "safetensors", "h5", "csv");

  /** The data set and the tensor that hold the values. */
  private static final String NAME = "embeddings";

  /**
   * Checks that {@link #write} knows the format and may write here, before hours go into the
   * values.
   *
   * @throws InputException if the extension is none of .npy, .safetensors, .h5 and .csv, or a file
   *     cannot be written
   */
  public static void requireWritable(Path file) {
    requireKnownFormat(file);
    AtomicFile.requireWritable(file);
    AtomicFile.requireWritable(namesFile(file));
  }

  private static void requireKnownFormat(Path file) {
    if (!EXTENSIONS.contains(extension(file))) {
      throw new InputException(
          "%s: the extension chooses the format: expected .npy, .safetensors, .h5 or .csv"
              .formatted(file));
    }
  }

  /**
   * The file that {@link #write} puts beside {@code file}: one name a line, in the order of rows.
   */
  public static Path namesFile(Path file) {
    return file.resolveSibling(file.getFileName() + ".names.txt");
  }

  /**
   * Writes the values as float32 in the format of the file's extension, and the names beside it;
   * each file appears whole or not at all.
   */
  public void write(Path file) {
    requireKnownFormat(file);
    Shape shape = Shape.of(names.size(), width);
    switch (extension(file)) {
      case "npy" -> NpyWriter.write(file, shape, values);
      case "safetensors" -> new SafetensorsWriter().tensor(NAME, shape, values).write(file);
      case "h5" ->
          new Hdf5Writer().dataset(NAME, shape, values).strings("names", names).write(file);
      default -> writeCsv(file);
    }
    AtomicFile.writeText(namesFile(file), String.join("\n", names) + "\n");
  }

  /** Scales every row to unit length; a row of zeros stays. */
  public Embeddings normalized() {
    float[] unit = values.clone();
    for (int i = 0; i < names.size(); i++) {
      double squares = 0;
      for (int k = i * width; k < (i + 1) * width; k++) {
        squares += (double) values[k] * values[k];
      }
      double scale = squares > 0 ? 1 / Math.sqrt(squares) : 0;
      for (int k = i * width; k < (i + 1) * width; k++) {
        unit[k] = (float) (values[k] * scale);
      }
    }
    return new Embeddings(names, width, unit);
  }

  private void writeCsv(Path file) {
    AtomicFile.write(
        file,
        out -> {
          BufferedWriter csv =
              new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
          writeCsv(csv);
          csv.flush();
        });
  }

  private void writeCsv(BufferedWriter csv) throws IOException {
    csv.append("name");
    for (int k = 0; k < width; k++) {
      csv.append(',').append(Integer.toString(k));
    }
    csv.append('\n');
    for (int i = 0; i < names.size(); i++) {
      csv.append(quoted(names.get(i)));
      for (int k = 0; k < width; k++) {
        csv.append(',').append(Float.toString(values[i * width + k]));
      }
      csv.append('\n');
    }
  }

  private static String quoted(String name) {
    return name.matches("[^\",\r\n]*") ? name : "\"" + name.replace("\"", "\"\"") + "\"";
  }

  private static String extension(Path file) {
    String name = file.getFileName().toString();
    return name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
  }
}
