package io.attune.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DestinationTest {
  @TempDir private Path folder;

  private static String refusal(Path out) {
    return assertThrows(InputException.class, () -> Destination.given(out)).getMessage();
  }

  @Test
  void takesANameWithOrWithoutItsEnding() throws Exception {
    Path run = folder.resolve("run");
    for (String name : List.of("run", "run.json", "run.md")) {
      assertEquals(run, Destination.given(folder.resolve(name)).base());
      Files.delete(Path.of(run + ".json"));
    }
    assertEquals(folder.resolve(".json"), Destination.given(folder.resolve(".json")).base());
  }

  @Test
  void refusesWhatCannotBecomeFiles() throws Exception {
    assertTrue(refusal(folder).contains("is a folder: name files in it"));
    assertTrue(refusal(Path.of("/")).contains("is a folder"));
    assertTrue(refusal(Path.of("")).contains("is a folder"));
    assertTrue(refusal(folder.resolve("none").resolve("r")).contains("there is no folder"));
    Path file = Files.writeString(folder.resolve("run.json"), "before");
    assertTrue(refusal(folder.resolve("run")).contains("run.json exists already"));
    assertTrue(refusal(file.resolve("r")).contains("there is no folder"));
    assertEquals("before", Files.readString(file));
  }

  @Test
  void aNameOfOurOwnIsNeverTaken() throws Exception {
    Path wanted = folder.resolve("2026-01-01-x-2-cores");
    Destination first = Destination.dated(wanted);
    assertFalse(first.isUsed());
    Files.writeString(Path.of(wanted + ".md"), "somebody else was faster");
    assertEquals(Path.of(wanted + "_2"), first.base());
    assertTrue(first.isUsed());
    assertEquals(Path.of(wanted + "_2"), first.base());
    assertEquals(Path.of(wanted + "_3"), Destination.dated(wanted).base());
    InputException thrown =
        assertThrows(
            InputException.class, () -> Destination.dated(folder.resolve("none").resolve("x")));
    assertTrue(thrown.getMessage().endsWith("name another place with --out"), thrown.getMessage());
  }

  @Test
  void runsThatBeganTogetherWriteDifferentFiles() {
    Path wanted = folder.resolve("r");
    List<Destination> runs = Stream.generate(() -> Destination.dated(wanted)).limit(20).toList();
    assertEquals(20, runs.parallelStream().map(Destination::base).distinct().count());
  }
}
