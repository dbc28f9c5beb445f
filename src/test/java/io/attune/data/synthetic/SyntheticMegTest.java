package io.attune.data.synthetic;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.Progress;
import io.attune.data.ConceptList;
import io.attune.data.Things;
import io.attune.data.meg.CondenseRequest;
import io.attune.data.meg.MegArray;
import io.attune.data.meg.MegSelection;
import io.attune.data.meg.MegTarget;
import io.attune.data.meg.MegTargets;
import io.attune.rsa.Comparison;
import io.attune.rsa.Dissimilarity;
import io.attune.rsa.NanPolicy;
import io.attune.rsa.Rdm;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Drawn MEG RDMs, read and condensed as the published ones are. */
class SyntheticMegTest {
  private static final SyntheticSettings SETTINGS = new SyntheticSettings(80, 16, 1, 4);
  private static final MegSettings MEG = new MegSettings(true, true, 4, 60, 118, 50, 0, 1);

  @TempDir static Path shared;
  private static Path things;

  @BeforeAll
  static void writeOnce() {
    things = shared.resolve("things");
    SyntheticThings.write(things, SETTINGS, MEG, Progress.NONE);
  }

  @Test
  void hasThePublishedLayouts() {
    try (MegArray group = MegArray.open(groupFile(), null);
        MegArray individual = MegArray.open(things.resolve("meg/individual.npy"), null)) {
      assertEquals("mat", group.dataset());
      assertEquals(Shape.of(4, 29, 60, 60), group.shape());
      assertEquals(Shape.of(4, 111, 75, 75), individual.shape());
      double[] rows = group.rows(1, 1, 7, 1, 0, 60);
      for (int i = 0; i < 60; i++) {
        for (int j = 0; j < 60; j++) {
          double value = rows[i * 60 + j];
          assertEquals(i == j, Double.isNaN(value));
          assertTrue(i == j || value > 0 && value < 1, "accuracy " + value);
          assertTrue(i == j || value == rows[j * 60 + i]);
        }
      }
    }
    Things opened = Things.open(things);
    List<String> concepts = ConceptList.read(things.resolve("meg/group_concepts.txt"));
    assertTrue(concepts.containsAll(opened.heldOut()), "held-out concepts are in");
    assertEquals(60, concepts.size());
    List<String> order = new ArrayList<>(opened.concepts());
    order.retainAll(concepts);
    assertEquals(order, concepts, "in row order");
    List<String> images = ConceptList.read(things.resolve("meg/individual_images.txt"));
    assertTrue(opened.trainable().containsAll(images.subList(0, 64)), "none is held out");
    assertTrue(opened.heldOut().containsAll(images.subList(64, 75)), "scored ones are held out");
  }

  @Test
  void followsImagesEarlyAndBehaviorLateUpToTheCeiling() throws IOException {
    Path out = shared.resolve("group.npy");
    List<String> concepts = ConceptList.read(things.resolve("meg/group_concepts.txt"));
    MegTargets.write(
        CondenseRequest.standard(groupFile(), List.of(MegSelection.group(out, 4)), concepts)
            .withStep(50),
        Progress.NONE);
    JsonNode truth =
        new ObjectMapper().readTree(things.resolve("meg/truth.json").toFile()).get("group");
    Things opened = Things.open(things);
    Rdm behavior = Rdm.ofFeatures(concepts, opened.behavior(concepts), Dissimilarity.CORRELATION);
    try (MegTarget target = MegTarget.open(out)) {
      int onset = target.axis().indexOf(0);
      double early = behavior(target, concepts, 150, behavior);
      double late = behavior(target, concepts, 300, behavior);
      assertTrue(late > early && late > 0.15, early + " early, " + late + " late");
      List<String> held = opened.heldOut();
      assertEquals(held.size(), truth.get("heldOut").size());
      JsonNode ceiling = truth.get("spearman").get("mean");
      assertEquals(target.times(), ceiling.size());
      assertTrue(ceiling.get(onset).isNull(), "nothing is planted at 0 ms");
      assertTrue(ceiling.get(target.axis().indexOf(150)).asDouble() > 0.2);
      double reached =
          Comparison.SPEARMAN
              .compare(behavior.select(held), target.rdm(target.axis().indexOf(300), held))
              .value();
      assertTrue(reached < ceiling.get(target.axis().indexOf(300)).asDouble() + 0.15);
      assertEquals(0, target.courses().alpha()[onset]);
    }
  }

  private static double behavior(MegTarget target, List<String> concepts, double ms, Rdm behavior) {
    Rdm rdm = target.rdm(target.axis().indexOf(ms), concepts);
    return Comparison.SPEARMAN.compare(rdm, behavior).value();
  }

  @Test
  void everyPersonIsAPersonOfTheirOwn() {
    List<String> images = ConceptList.read(things.resolve("meg/individual_images.txt"));
    List<MegSelection> all = new ArrayList<>();
    for (int p = 1; p <= 4; p++) {
      all.add(MegSelection.individual(shared.resolve("p" + p + ".npy"), p));
    }
    CondenseRequest request =
        new CondenseRequest(
            things.resolve("meg/individual.npy"),
            null,
            all,
            images,
            -100,
            10.0,
            50.0,
            null,
            null,
            NanPolicy.ERROR,
            1);
    MegTargets.write(request, Progress.NONE);
    try (MegTarget one = MegTarget.open(all.get(0).out());
        MegTarget two = MegTarget.open(all.get(1).out())) {
      assertEquals(23, one.times());
      assertEquals(1000, one.axis().lastMs());
      assertEquals(5, one.header().averagedSamples());
      assertEquals(one.header().scaling(), two.header().scaling(), "scaled by one range");
      int t = one.axis().indexOf(200);
      double alike = Comparison.PEARSON.compare(one.rdm(t, images), two.rdm(t, images)).value();
      assertTrue(alike > 0.02 && alike < 0.6, "correlation of two people " + alike);
    }
  }

  @Test
  void sameSeedSameFiles() throws IOException {
    Path again = shared.resolve("again");
    SyntheticThings.write(again, SETTINGS, MEG, Progress.NONE);
    for (String name :
        List.of("individual.npy", "truth.json", groupFile().getFileName().toString())) {
      assertEquals(
          -1,
          Files.mismatch(things.resolve("meg").resolve(name), again.resolve("meg").resolve(name)),
          name);
    }
  }

  @Test
  void refusesBadRequests() {
    assertThrows(InputException.class, () -> new MegSettings(true, false, 0, 0, 118, 5, 0, 1));
    assertThrows(InputException.class, () -> new MegSettings(true, false, 4, 0, 118, 5, 0, -1));
  }

  @Test
  void moreConceptsThanAreDrawnAreRefused(@TempDir Path folder) {
    SyntheticSettings few = new SyntheticSettings(40, 32, 1, 3);
    MegSettings more = new MegSettings(true, false, 4, 41, 118, 100, 0, 1);
    Path out = folder.resolve("out");
    InputException e =
        assertThrows(
            InputException.class, () -> SyntheticThings.write(out, few, more, Progress.NONE));
    assertTrue(e.getMessage().contains("of 41 concepts, where only 40 are drawn"), e.getMessage());
    assertFalse(Files.exists(out));
  }

  private static Path groupFile() {
    return things.resolve("meg/validation-pairwise_decoding_RDM60.mat");
  }
}
