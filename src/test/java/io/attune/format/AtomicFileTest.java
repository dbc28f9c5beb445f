package io.attune.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path folder;

  @Test
  void replacesTheContentAndLeavesNothingBeside() throws IOException {
    Path target = folder.resolve("a.txt");
    AtomicFile.writeText(target, "old");
    AtomicFile.writeText(target, "näu");
    assertEquals("näu", Files.readString(target));
    assertEquals(List.of(target), listed());
  }

  @Test
  void keepsWhatWasThereWhenTheWriterFails() throws IOException {
    Path target = folder.resolve("a.txt");
    AtomicFile.writeText(target, "old");
    InputException failure =
        assertThrows(
            InputException.class,
            () ->
                AtomicFile.write(
                    target,
                    out -> {
                      out.write(new byte[100_000]);
                      throw new IOException("disk full");
                    }));
    assertTrue(failure.getMessage().contains("disk full"), failure.getMessage());
    assertThrows(
        IllegalStateException.class,
        () ->
            AtomicFile.write(
                target,
                out -> {
                  throw new IllegalStateException("bug");
                }));
    assertThrows(
        IllegalStateException.class,
        () ->
            AtomicFile.writeByPath(
                target,
                path -> {
                  Files.writeString(path, "half");
                  throw new IllegalStateException("bug");
                }));
    assertEquals("old", Files.readString(target));
    assertEquals(List.of(target), listed());
  }

  @Test
  void dropsAFileThatWasNotCommitted() throws IOException {
    try (AtomicFile file = AtomicFile.create(folder.resolve("a.bin"))) {
      file.stream().write(1);
    }
    assertEquals(List.of(), listed());
  }

  @Test
  void writesByPath() throws IOException {
    Path target = folder.resolve("a.bin");
    AtomicFile.writeByPath(target, path -> Files.writeString(path, "whole"));
    assertEquals("whole", Files.readString(target));
    assertEquals(List.of(target), listed());
  }

  @Test
  void writesThroughALink() throws IOException {
    Path target = folder.resolve("real.txt");
    Path link = folder.resolve("link.txt");
    AtomicFile.writeText(target, "old");
    Files.createSymbolicLink(link, target);
    AtomicFile.writeText(link, "new");
    assertTrue(Files.isSymbolicLink(link));
    assertEquals("new", Files.readString(target));
  }

  @Test
  void acceptsLongNames() throws IOException {
    Path target = folder.resolve("n".repeat(250));
    AtomicFile.writeText(target, "x");
    assertEquals("x", Files.readString(target));
  }

  @Test
  void refusesWhatIsNoPlainFile() {
    InputException isFolder =
        assertThrows(InputException.class, () -> AtomicFile.writeText(folder, "x"));
    assertTrue(isFolder.getMessage().contains("not a plain file"), isFolder.getMessage());
    InputException noFolder =
        assertThrows(
            InputException.class, () -> AtomicFile.writeText(folder.resolve("no/a.txt"), "x"));
    assertTrue(noFolder.getMessage().contains("there is no folder"), noFolder.getMessage());
  }

  private List<Path> listed() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }
}
