package io.attune.data.meg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.format.NpyWriter;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Condensing that dies at any moment and goes on. */
class MegResumeTest {
  private static final Shape SHAPE = Shape.of(4, 30, 9, 9);

  @TempDir Path folder;
  private Path source;
  private byte[] whole;

  /** What a process that is killed does not get to do. */
  private static final class Killed extends Error {}

  /** Dies at the n-th report of progress. */
  private static final class Deadly implements Progress {
    private int left;

    Deadly(int left) {
      this.left = left;
    }

    private void step() {
      if (left-- == 0) {
        throw new Killed();
      }
    }

    @Override
    public Task start(String what, String unit, long total) {
      step();
      return new Task() {
        @Override
        public void advance(long units) {
          step();
        }

        @Override
        public void note(String text) {}

        @Override
        public void close() {}
      };
    }

    @Override
    public void message(String line) {
      step();
    }
  }

  @BeforeEach
  void condenseWithoutTrouble() throws IOException {
    source = folder.resolve("rdms.npy");
    NpyWriter.write(source, SHAPE, MegTargetsTest.rdms(21));
    write(folder.resolve("whole.npy"), Progress.NONE);
    whole = Files.readAllBytes(folder.resolve("whole.npy"));
  }

  @Test
  void goesOnFromEveryMomentWithTheSameBits() throws IOException {
    int deaths = 0;
    for (int moment = 0; ; moment++) {
      Path out = folder.resolve("t" + moment + ".npy");
      try {
        write(out, new Deadly(moment));
        break;
      } catch (Killed e) {
        deaths++;
      }
      assertFalse(Files.exists(MegTargetHeader.beside(out)), "a target that seems whole");
      write(out, Progress.NONE);
      assertSame(out);
    }
    System.out.println("died at " + deaths + " moments");
    assertTrue(deaths > 50, "moments tried: " + deaths);
  }

  @Test
  void anEndlessRowOfDeathsEndsToo() throws IOException {
    Path out = folder.resolve("t.npy");
    int starts = 1;
    while (true) {
      try {
        write(out, new Deadly(10 + starts % 3));
        break;
      } catch (Killed e) {
        starts++;
        assertTrue(starts < 200, "it makes no progress");
      }
    }
    assertTrue(starts > 5, "starts: " + starts);
    assertSame(out);
  }

  @Test
  void refusesToGoOnWithAnotherRequest() throws IOException {
    Path out = folder.resolve("t.npy");
    assertThrows(Killed.class, () -> write(out, new Deadly(20)));
    Files.setLastModifiedTime(source, FileTime.fromMillis(1_000_000));
    String message =
        assertThrows(InputException.class, () -> write(out, Progress.NONE)).getMessage();
    assertTrue(message.contains("t.npy.part: was begun from another file"), message);
  }

  @Test
  void whatIsThereIsKeptOrRefused() throws IOException {
    Path out = folder.resolve("whole.npy");
    FileTime written = Files.getLastModifiedTime(out);
    write(out, Progress.NONE);
    assertEquals(written, Files.getLastModifiedTime(out));
    CondenseRequest other =
        CondenseRequest.standard(source, List.of(MegSelection.individual(out, 2)), List.of())
            .withStep(20);
    String message =
        assertThrows(InputException.class, () -> MegTargets.write(other, Progress.NONE))
            .getMessage();
    assertTrue(message.contains("exists already"), message);
    Files.delete(MegTargetHeader.beside(out));
    assertThrows(InputException.class, () -> write(out, Progress.NONE));
  }

  private void assertSame(Path out) throws IOException {
    assertEquals(-1, Arrays.mismatch(whole, Files.readAllBytes(out)));
    assertEquals(
        Files.readString(MegTargetHeader.beside(folder.resolve("whole.npy"))),
        Files.readString(MegTargetHeader.beside(out)));
    assertFalse(Files.exists(out.resolveSibling(out.getFileName() + ".part")));
  }

  private void write(Path out, Progress progress) {
    MegTargets.write(
        CondenseRequest.standard(source, List.of(MegSelection.group(out, 4)), List.of())
            .withStep(20),
        Duration.ZERO,
        progress);
  }
}
