package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RunFolderTest {
  @TempDir Path folder;

  private String refusal(Path path, RunFolder.Existing existing) {
    return assertThrows(InputException.class, () -> RunFolder.open(path, existing).close())
        .getMessage();
  }

  @Test
  void anExistingRunIsNotOverwrittenUnlessAsked() {
    Path path = folder.resolve("run");
    try (RunFolder run = RunFolder.open(path, RunFolder.Existing.REFUSE)) {
      run.writeJson(RunFolder.CONFIG, Map.of("seed", 1));
      run.writeText(RunFolder.METRICS, MetricsFile.HEADER + "\n");
    }
    assertTrue(refusal(path, RunFolder.Existing.REFUSE).contains("--overwrite"));
    RunFolder.open(path, RunFolder.Existing.OVERWRITE).close();
    assertFalse(Files.exists(path.resolve(RunFolder.CONFIG)));
    assertFalse(Files.exists(path.resolve(RunFolder.METRICS)));
  }

  @Test
  void aFolderOfOtherThingsIsNeverTouched() throws IOException {
    Files.writeString(folder.resolve("thesis.txt"), "years of work");
    for (RunFolder.Existing existing : RunFolder.Existing.values()) {
      refusal(folder, existing);
    }
    assertEquals("years of work", Files.readString(folder.resolve("thesis.txt")));
  }

  @Test
  void refusalsSayWhatIsInTheWay() throws IOException {
    Path file = Files.writeString(folder.resolve("notes.txt"), "notes");
    for (RunFolder.Existing existing : RunFolder.Existing.values()) {
      String below = refusal(file.resolve("participant-01"), existing);
      assertTrue(below.contains("notes.txt is a file, a run needs a folder"), below);
      String other = refusal(folder, existing);
      assertTrue(other.contains("holds files but no run"), other);
    }
    String told =
        InputException.unwritable(
                folder.resolve("x/y"), new NoSuchFileException(folder.resolve("x").toString()))
            .getMessage();
    assertTrue(told.endsWith("x/y: cannot be written: there is no " + folder.resolve("x")), told);
  }

  /** What a link leads to is as safe as what is named itself. */
  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "links need rights there")
  void linkedFoldersAreNotTouchedEither() throws IOException {
    Path thesis = Files.createDirectory(folder.resolve("thesis"));
    Files.writeString(thesis.resolve("thesis.txt"), "years of work");
    Path link = Files.createSymbolicLink(folder.resolve("link"), thesis);
    for (RunFolder.Existing existing : RunFolder.Existing.values()) {
      refusal(link, existing);
    }
    Path empty = Files.createDirectory(folder.resolve("empty"));
    Path other = Files.createSymbolicLink(folder.resolve("other"), empty);
    try (RunFolder run = RunFolder.open(other, RunFolder.Existing.REFUSE)) {
      run.writeJson(RunFolder.CONFIG, Map.of("seed", 1));
    }
    assertTrue(refusal(other, RunFolder.Existing.REFUSE).contains("--overwrite"));
  }

  @Test
  void aModelsFolderIsNoRunThoughItHasAConfig() throws IOException {
    Files.writeString(folder.resolve(RunFolder.CONFIG), "{\"model_type\": \"clip\"}");
    for (RunFolder.Existing existing : RunFolder.Existing.values()) {
      refusal(folder, existing);
    }
    assertTrue(Files.readString(folder.resolve(RunFolder.CONFIG)).contains("clip"));
  }

  @Test
  void twoProcessesCannotTrainInOneFolder() {
    RunFolder run = RunFolder.open(folder, RunFolder.Existing.RESUME);
    assertTrue(refusal(folder, RunFolder.Existing.RESUME).contains("another process"));
    run.close();
    RunFolder.open(folder, RunFolder.Existing.RESUME).close();
  }

  @Test
  void whatADeadProcessLeftHalfWrittenIsRemoved() throws IOException {
    Path left = folder.resolve(".config.json.1234.tmp");
    Files.writeString(left, "{\"se");
    RunFolder.open(folder, RunFolder.Existing.RESUME).close();
    assertFalse(Files.exists(left));
  }

  @Test
  void aResumedRunKeepsItsSettings() {
    try (RunFolder run = RunFolder.open(folder, RunFolder.Existing.RESUME)) {
      run.writeJson(RunFolder.CONFIG, Map.of("seed", 1, "epochs", 5));
      run.requireSameConfig(Map.of("seed", 1, "epochs", 9), List.of("epochs"));
      String message =
          assertThrows(
                  InputException.class,
                  () -> run.requireSameConfig(Map.of("seed", 2, "epochs", 5), List.of("epochs")))
              .getMessage();
      assertTrue(message.contains("started with seed = 1, now asked for 2"), message);
    }
  }

  @Test
  void metricsReadBackAsWritten() throws IOException {
    List<EpochMetrics> rows =
        List.of(
            new EpochMetrics(1, 143.2, 1 / 3.0, 0.455, 10.5),
            new EpochMetrics(2, Math.PI, 76.4, Double.NaN, 11.5));
    Path file = folder.resolve(RunFolder.METRICS);
    Files.writeString(file, MetricsFile.format(rows));
    assertEquals(rows, MetricsFile.read(file));
    Files.writeString(file, MetricsFile.HEADER + "\n1,2\n");
    String message = assertThrows(InputException.class, () -> MetricsFile.read(file)).getMessage();
    assertTrue(message.contains("line 2"), message);
  }

  @Test
  void theBestStartsAtTheUntrainedModel() {
    EarlyStopping stopping = EarlyStopping.untrained(10);
    stopping = stopping.after(1, 11).after(2, 10);
    assertEquals(new EarlyStopping(10, 0, 2), stopping);
    assertTrue(stopping.exhausted(2));
    assertFalse(stopping.exhausted(3));
    assertEquals(new EarlyStopping(9, 3, 0), stopping.after(3, 9));
  }

  @ParameterizedTest
  @CsvSource({"1024,1024", "8k,8192", "3m,3145728", "2G,2147483648", "1tb,1099511627776"})
  void cacheLimitsAreReadInPowersOf1024(String text, long bytes) {
    assertEquals(new CacheLimit(CacheLimit.Kind.SIZE, bytes), CacheLimit.parse(text));
  }

  @Test
  void otherCacheLimitsAreRefused() {
    assertEquals(CacheLimit.AUTO, CacheLimit.parse("auto"));
    assertEquals(CacheLimit.OFF, CacheLimit.parse("OFF"));
    assertThrows(InputException.class, () -> CacheLimit.parse("much"));
    assertThrows(InputException.class, () -> CacheLimit.parse("-1"));
  }
}
