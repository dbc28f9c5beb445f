package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.cli.Terminal.Result;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.format.NpyWriter;
import io.attune.rsa.Rdm;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.io.TempDir;

/** What tests of {@code attune rsa} read and how they look at results. */
abstract class RsaFiles {
  static final long SEED = 3;
  static final int N = 8;
  static final int PAIRS = N * (N - 1) / 2;
  static final List<String> NAMES = IntStream.range(0, N).mapToObj(i -> "c" + i).toList();

  @TempDir Path temp;

  private final Philox random = new Philox(new PhiloxKey(SEED, 0, 0));

  double[] draw(int count) {
    return IntStream.range(0, count).mapToDouble(i -> random.nextNormal() + 3).toArray();
  }

  String npy(String name, double[] values, int... dims) {
    Path file = temp.resolve(name);
    NpyWriter.write(file, Shape.of(Arrays.stream(dims).asLongStream().toArray()), values);
    return file.toString();
  }

  void names(String file, List<String> names) throws IOException {
    Files.writeString(Path.of(file + ".names.txt"), String.join("\n", names) + "\n");
  }

  String csv(String name, Rdm rdm) throws IOException {
    StringBuilder text = new StringBuilder("," + String.join(",", rdm.names()) + "\n");
    for (int i = 0; i < rdm.size(); i++) {
      text.append(rdm.names().get(i));
      for (double value : rdm.square()[i]) {
        text.append(',').append(value);
      }
      text.append('\n');
    }
    return Files.writeString(temp.resolve(name), text).toString();
  }

  static JsonNode json(Result result) throws IOException {
    assertEquals(0, result.status(), result.err());
    return new ObjectMapper().readTree(result.out());
  }

  static void assertBad(String expected, Result result) {
    assertEquals(2, result.status(), result.err());
    List<String> complaint =
        result.err().lines().filter(line -> line.startsWith("attune: ")).toList();
    assertEquals(1, complaint.size(), result.err());
    assertTrue(complaint.getFirst().contains(expected), result.err());
  }
}
