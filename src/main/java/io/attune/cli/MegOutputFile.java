package io.attune.cli;

import io.attune.InputException;
import io.attune.data.Embeddings;
import io.attune.format.AtomicFile;
import io.attune.format.Hdf5Writer;
import io.attune.format.NpyWriter;
import io.attune.tensor.Shape;
import io.attune.train.MegOutputs;
import java.nio.file.Path;
import java.util.List;

/** Where a MEG model's outputs go: [T, N, K], with names and times beside it. */
record MegOutputFile(Path file) {
  private static final String NAME = "outputs";

  MegOutputFile {
    String name = file.toString();
    if (!name.endsWith(".npy") && !name.endsWith(".h5")) {
      throw new InputException(
          file + ": the extension chooses the format: expected .npy or .h5 for a MEG run");
    }
    AtomicFile.requireWritable(file);
  }

  /** Reads {@code all}, which gives null, or times in ms with commas between them. */
  static double[] times(String text) {
    if (text.equals("all")) {
      return null;
    }
    String[] parts = text.split(",", -1);
    double[] times = new double[parts.length];
    for (int i = 0; i < parts.length; i++) {
      try {
        times[i] = Double.parseDouble(parts[i].strip());
      } catch (NumberFormatException e) {
        throw new InputException(
            "--times: expected all or times in ms such as 100,150, found '%s'".formatted(text), e);
      }
    }
    return times;
  }

  void write(MegOutputs outputs, List<String> names) {
    Shape shape = Shape.of(outputs.timesMs().length, outputs.images(), outputs.prompts());
    if (file.toString().endsWith(".npy")) {
      NpyWriter.write(file, shape, outputs.values());
    } else {
      new Hdf5Writer().dataset(NAME, shape, outputs.values()).strings("names", names).write(file);
    }
    AtomicFile.writeText(Embeddings.namesFile(file), String.join("\n", names) + "\n");
    StringBuilder times = new StringBuilder("time_ms,open\n");
    for (int t = 0; t < outputs.timesMs().length; t++) {
      times.append(outputs.timesMs()[t]).append(',').append(outputs.open()[t]).append('\n');
    }
    AtomicFile.writeText(file.resolveSibling(file.getFileName() + ".times.csv"), times.toString());
  }
}
