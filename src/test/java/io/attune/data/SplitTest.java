package io.attune.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SplitTest {
  private static final List<String> CONCEPTS =
      IntStream.range(0, 1854).mapToObj(i -> "concept" + i).toList();
  private static final List<String> HELD = CONCEPTS.subList(100, 148);

  @Test
  void drawsThePapersSizes() {
    Split split = Split.draw(CONCEPTS, HELD, 0.8, 1);
    assertEquals(1444, split.train().size());
    assertEquals(362, split.validation().size());
    Set<String> all = new HashSet<>(split.train());
    all.addAll(split.validation());
    all.addAll(split.heldOut());
    assertEquals(new HashSet<>(CONCEPTS), all);
    assertEquals(split, Split.draw(CONCEPTS, HELD, 0.8, 1));
    assertNotEquals(split, Split.draw(CONCEPTS, HELD, 0.8, 2));
  }

  @Test
  void survivesJson(@TempDir Path folder) throws IOException {
    Split split = Split.draw(CONCEPTS.subList(0, 30), CONCEPTS.subList(3, 7), 0.7, 5);
    assertEquals(18, split.train().size());
    Path file = folder.resolve("split.json");
    split.write(file);
    assertEquals(split, Split.read(file));
    Files.writeString(file, "{\"seed\": 1, \"train\": []}");
    String message = assertThrows(InputException.class, () -> Split.read(file)).getMessage();
    assertTrue(message.contains("split.json: not a split"), message);
  }

  @Test
  void refusesWhatCannotBeSplit() {
    assertThrows(InputException.class, () -> Split.draw(List.of("a"), List.of(), 0.8, 1));
    assertThrows(
        InputException.class, () -> new Split(1, List.of("a"), List.of("b"), List.of("a")));
  }
}
