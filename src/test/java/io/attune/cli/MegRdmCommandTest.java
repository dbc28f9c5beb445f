package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.cli.Terminal.Result;
import io.attune.data.meg.MegTarget;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code data meg-rdm} on small epochs, from its arguments to a condensed target. */
class MegRdmCommandTest {
  @TempDir Path temp;
  private Path epochs;

  @BeforeEach
  void copyEpochs() throws IOException {
    epochs = temp.resolve("sub-01.h5");
    try (InputStream in = getClass().getResourceAsStream("/io/attune/data/epochs/uneven.h5")) {
      Files.copy(in, epochs);
    }
  }

  @Test
  void whatItWritesIsCondensedWithNames() {
    Path out = temp.resolve("rdm.h5");
    Result result = run("--measure", "lda", "--type", "float32", "--out", out.toString());
    assertEquals(0, result.status(), result.err());
    assertEquals(out.toString(), result.out().strip());
    assertTrue(result.err().contains("5 conditions, axe to ear, 15 trials of 3 sessions"));
    assertTrue(result.err().contains("cost: "), result.err());
    Path target = temp.resolve("target.npy");
    Result condensed =
        Terminal.run(
            "data",
            "meg-condense",
            "--meg",
            out.toString(),
            "--names",
            out + ".names.txt",
            "--first-ms",
            "-5",
            "--step-ms",
            "5",
            "--out",
            target.toString());
    assertEquals(0, condensed.status(), condensed.err());
    try (MegTarget found = MegTarget.open(target)) {
      assertEquals(List.of("axe", "bag", "cup", "dog", "ear"), found.names());
    }
  }

  @Test
  void badInputEndsWithStatusTwo() {
    String npy = temp.resolve("rdm.npy").toString();
    assertBad("condition cup: has no trial in one", "--measure", "crossnobis", "--out", npy);
    assertBad("expected auto or a number", "--measure", "lda", "--shrinkage", "x", "--out", npy);
    assertBad("from 1.0E-6 to 1", "--measure", "lda", "--shrinkage", "0", "--out", npy);
    assertBad("ending in .npy, .h5", "--measure", "lda", "--out", temp.resolve("a.mat").toString());
    assertBad("float16", "--measure", "lda", "--type", "float16", "--out", npy);
    assertBad("no dataset x", "--dataset", "x", "--measure", "lda", "--out", npy);
    assertBad("--measure", "--out", npy);
  }

  private void assertBad(String part, String... options) {
    Result result = run(options);
    assertEquals(2, result.status(), result.err());
    assertTrue(result.err().contains(part), result.err());
  }

  private Result run(String... options) {
    String[] arguments = new String[options.length + 4];
    arguments[0] = "data";
    arguments[1] = "meg-rdm";
    arguments[2] = "--epochs";
    arguments[3] = epochs.toString();
    System.arraycopy(options, 0, arguments, 4, options.length);
    return Terminal.run(arguments);
  }
}
