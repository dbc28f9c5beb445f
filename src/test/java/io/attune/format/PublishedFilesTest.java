package io.attune.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** The 48 held-out objects as they were published, where a machine has them. */
class PublishedFilesTest {
  @Test
  void readsTheHeldOutWords() {
    try (MatFile file = MatFile.open(published("words48.mat"))) {
      List<String> words = file.strings("words48");
      assertEquals(48, words.size());
      assertEquals(List.of("pizza", "beaver", "macadamia"), words.subList(0, 3));
    }
  }

  @Test
  void readsTheHeldOutRdm() {
    try (MatFile file = MatFile.open(published("RDM48_triplet.mat"))) {
      double[][] rdm = file.numbers("RDM48_triplet").rows("RDM48_triplet");
      assertEquals(48, rdm.length);
      assertEquals(0.8307692307692307, rdm[0][1]);
      assertEquals(0.14925373134328357, rdm[0][2]);
      for (int i = 0; i < 48; i++) {
        assertEquals(0, rdm[i][i]);
        for (int j = 0; j < 48; j++) {
          assertEquals(rdm[i][j], rdm[j][i]);
          assertTrue(rdm[i][j] >= 0 && rdm[i][j] <= 1);
        }
      }
    }
  }

  @Test
  void readsTheHeldOutIndex() {
    try (Npy npy = Npy.open(published("triplet48_index.npy"))) {
      assertEquals(DType.I64, npy.dtype());
      assertEquals(Shape.of(48), npy.shape());
      long[] index = npy.readLongs();
      assertEquals(1192, index[0]);
      assertEquals(515, index[9]);
    }
  }

  private static Path published(String name) {
    Path path =
        Path.of(System.getProperty("attune.data", "../shared/data"))
            .resolve("things")
            .resolve(name);
    if (!Files.exists(path)) {
      String reason = "skipped: no published file at " + path;
      System.out.println(reason);
      Assumptions.abort(reason);
    }
    return path;
  }
}
