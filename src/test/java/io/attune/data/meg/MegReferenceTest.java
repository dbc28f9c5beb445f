package io.attune.data.meg;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.Progress;
import io.attune.rsa.NanPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** Condensed targets and time courses against numpy and scipy (meg_references.py). */
class MegReferenceTest {
  private static final Path FILES = Path.of("src/test/resources/io/attune/data/meg");

  @TempDir Path folder;

  @TestFactory
  Stream<DynamicTest> condensesAsNumpyDoes() throws IOException {
    JsonNode cases = new ObjectMapper().readTree(FILES.resolve("targets.json").toFile());
    List<DynamicTest> tests = new ArrayList<>();
    for (int i = 0; i < cases.size(); i++) {
      Path out = folder.resolve(i + ".npy");
      JsonNode each = cases.get(i);
      String name =
          each.get("file").asText() + " " + each.get("participants") + " " + each.get("times");
      tests.add(DynamicTest.dynamicTest(name, () -> check(each, out)));
    }
    return tests.stream();
  }

  @Test
  void aDamagedFileIsReadOrRefusedInOneLine() throws IOException {
    byte[] bytes = Files.readAllBytes(FILES.resolve("group.h5"));
    Path file = folder.resolve("damaged.h5");
    int refused = 0;
    for (int at = 512; at < bytes.length; at += 97) {
      byte[] damaged = bytes.clone();
      damaged[at] ^= (byte) 0x55;
      Files.write(file, damaged);
      Path out = folder.resolve("damaged-" + at + ".npy");
      try {
        MegTargets.write(
            CondenseRequest.standard(file, List.of(MegSelection.group(out, 4)), List.of())
                .withStep(20),
            Progress.NONE);
      } catch (InputException e) {
        assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
        assertFalse(Files.exists(out));
        refused++;
      }
    }
    System.out.println("refused " + refused + " damaged files");
    assertTrue(refused > 20, "refused " + refused);
  }

  private static void check(JsonNode expected, Path out) {
    JsonNode times = expected.get("times");
    CondenseRequest request =
        new CondenseRequest(
            FILES.resolve(expected.get("file").asText()),
            null,
            List.of(
                new MegSelection(
                    out,
                    integers(expected.get("participants")),
                    integers(expected.get("curve_participants")))),
            List.of(),
            expected.get("first_ms").asDouble(),
            expected.get("step_ms").asDouble(),
            expected.get("target_step_ms").asDouble(),
            times.isNull() ? null : times.get(0).asDouble(),
            times.isNull() ? null : times.get(1).asDouble(),
            NanPolicy.ERROR,
            1);
    MegTargets.write(request, Progress.NONE);
    try (MegTarget target = MegTarget.open(out)) {
      target.verify();
      assertEquals(expected.get("count").asInt(), target.times());
      double[] values = doubles(expected.get("target"));
      float[] found = target.pairs(IntStream.range(0, target.conditions()).toArray());
      assertEquals(values.length, found.length);
      for (int i = 0; i < values.length; i++) {
        assertEquals((float) values[i], found[i], Math.ulp((float) values[i]), "element " + i);
      }
      TimeCourses courses = target.courses();
      assertArrayEquals(doubles(expected.get("alpha")), courses.alpha(), 1e-12);
      assertArrayEquals(doubles(expected.get("beta")), courses.beta(), 1e-12);
      assertArrayEquals(doubles(expected.get("nu")), courses.nu(), 1e-12);
    }
  }

  private static List<Integer> integers(JsonNode node) {
    return StreamSupport.stream(node.spliterator(), false).map(JsonNode::asInt).toList();
  }

  private static double[] doubles(JsonNode node) {
    return StreamSupport.stream(node.spliterator(), false)
        .mapToDouble(JsonNode::asDouble)
        .toArray();
  }
}
