package io.attune.data.meg;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.data.RealData;
import io.attune.data.Split;
import io.attune.data.Things;
import io.attune.format.NpyWriter;
import io.attune.tensor.Shape;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MegConceptsTest {
  @TempDir Path folder;

  @Test
  void thePublishedConceptsSplitAsPublished() {
    Things things = Things.open(RealData.folder("things"));
    try (MegTarget target = target(things.concepts())) {
      MegConcepts concepts = MegConcepts.group(target, things);
      assertEquals(1806, concepts.usable().size());
      assertEquals(48, concepts.heldOut().size());
      assertEquals(things.trainable(), concepts.usable());
      Split split = concepts.split(3);
      assertEquals(1456, split.train().size());
      assertEquals(350, split.validation().size());
    }
    List<String> wrong = new ArrayList<>(things.concepts().subList(0, 20));
    wrong.set(3, "unicorn");
    wrong.set(9, "dragon");
    try (MegTarget target = target(wrong)) {
      String message =
          assertThrows(InputException.class, () -> MegConcepts.group(target, things)).getMessage();
      assertTrue(message.contains("2 of 20 conditions"), message);
      assertTrue(message.endsWith("unicorn, dragon"), message);
    }
  }

  @Test
  void individualsHoldOutTheLastImages() {
    List<String> images = IntStream.rangeClosed(1, 118).mapToObj(i -> "image" + i).toList();
    try (MegTarget target = target(images)) {
      MegConcepts concepts = MegConcepts.individual(target);
      assertEquals(images.subList(0, 100), concepts.usable());
      assertEquals(images.subList(100, 118), concepts.heldOut());
      assertEquals(80, concepts.split(1).train().size());
      assertEquals(20, concepts.split(1).validation().size());
    }
    try (MegTarget target = target(List.of())) {
      assertThrows(InputException.class, () -> MegConcepts.individual(target));
    }
  }

  /** Two times of one participant; without names, of three conditions. */
  private MegTarget target(List<String> names) {
    int n = Math.max(3, names.size());
    float[] values = new float[3 * n * n];
    for (int t = 0; t < 3; t++) {
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          values[(t * n + i) * n + j] = i == j ? 0 : (i * j * (t + 1) + (i + j) * t) % 7 + 1;
        }
      }
    }
    Path file = folder.resolve("rdms%d.npy".formatted(n));
    NpyWriter.write(file, Shape.of(3, n, n), values);
    Path out = folder.resolve("target%d.npy".formatted(n));
    MegTargets.write(
        CondenseRequest.standard(file, List.of(MegSelection.group(out, 1)), names).withStep(100),
        Progress.NONE);
    return MegTarget.open(out);
  }
}
