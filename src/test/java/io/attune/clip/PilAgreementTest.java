package io.attune.clip;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random image files against the PIL of this machine: decoding, a resize and the clip pipeline, in
 * every byte. Skipped where no Python has PIL and numpy.
 */
class PilAgreementTest {
  private static final long SEED = Long.getLong("attune.seed", 20261122);
  private static final int COUNT = 150;
  private static final Path SCRIPTS = Path.of("src/test/python");

  @TempDir Path folder;

  @Test
  void equalsThisMachinesPilInEveryByte() throws Exception {
    String python = pythonWithPil();
    System.out.println("PilAgreementTest seed " + SEED + " (-Dattune.seed=N replays another)");
    Path log = folder.resolve("log");
    int status =
        run(
            log,
            python,
            SCRIPTS.resolve("random_images.py").toString(),
            folder.toString(),
            Long.toString(SEED),
            Integer.toString(COUNT));
    assertEquals(0, status, () -> read(log));
    List<String> wrong = new ArrayList<>();
    List<String> rows = Files.readAllLines(folder.resolve("sums.tsv"));
    assertEquals(COUNT, rows.size());
    for (String row : rows) {
      String[] cells = row.split("\t");
      RgbImage image = ImageDecoder.read(folder.resolve(cells[0]));
      RgbImage resized =
          PilResize.resize(
              image,
              Integer.parseInt(cells[2]),
              Integer.parseInt(cells[3]),
              Resampling.valueOf(cells[4]));
      PreprocessorConfig config = PreprocessorConfig.standard(Integer.parseInt(cells[6]));
      cells[1] = Patterns.crc(image.rgb());
      cells[5] = Patterns.crc(resized.rgb());
      cells[7] = Patterns.crc(ImagePreprocessor.clip(config).apply(image));
      String found = String.join("\t", cells);
      if (!found.equals(row)) {
        wrong.add("expected " + row + ", found " + found);
      }
    }
    assertEquals(List.of(), wrong);
  }

  private String pythonWithPil() throws Exception {
    for (String python : List.of("/usr/bin/python3", "python3")) {
      try {
        if (run(folder.resolve("log"), python, "-c", "import PIL, numpy") == 0) {
          return python;
        }
      } catch (IOException e) {
        continue; // no such program
      }
    }
    String reason = "skipped: no python3 with PIL and numpy (Debian: python3-pil python3-numpy)";
    System.out.println(reason);
    return Assumptions.abort(reason);
  }

  private static int run(Path log, String... command) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
    builder.environment().put("PYTHONDONTWRITEBYTECODE", "1");
    Process process = builder.start();
    if (!process.waitFor(2, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new IOException(String.join(" ", command) + " did not end within 2 minutes");
    }
    return process.exitValue();
  }

  private static String read(Path log) {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      return e.toString();
    }
  }
}
