package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Targets are found under the names that meg-condense gives them. */
class ParticipantTargetsTest {
  @TempDir private Path temp;

  private void write(String... names) throws IOException {
    for (String name : names) {
      Files.createFile(temp.resolve(name));
    }
  }

  private ParticipantTargets targets() {
    return new ParticipantTargets(temp.resolve("person-{p}.npy").toString());
  }

  @Test
  void allFifteenAreFoundWithTheirLeadingZeros() throws IOException {
    for (int p = 1; p <= 15; p++) {
      write("person-%02d.npy".formatted(p));
    }
    assertEquals(IntStream.rangeClosed(1, 15).boxed().toList(), targets().chosen("all"));
    assertEquals(temp.resolve("person-03.npy"), targets().of(3));
    assertEquals(temp.resolve("person-12.npy"), targets().of(12));
  }

  @Test
  void fewHaveNoLeadingZeros() throws IOException {
    write("person-2.npy", "person-4.npy");
    assertEquals(List.of(2, 4), targets().chosen("all"));
    assertEquals(temp.resolve("person-4.npy"), targets().of(4));
    assertEquals(temp.resolve("person-5.npy"), targets().of(5));
  }

  @Test
  void twoFilesOfOnePersonAreRefused() throws IOException {
    write("person-2.npy", "person-02.npy");
    InputException e = assertThrows(InputException.class, () -> targets().of(2));
    assertTrue(e.getMessage().contains("person-02.npy - leave one"), e.getMessage());
  }
}
