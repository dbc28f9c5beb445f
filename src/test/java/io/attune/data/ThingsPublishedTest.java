package io.attune.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.rsa.Comparison;
import io.attune.rsa.Correlation;
import io.attune.rsa.Dissimilarity;
import io.attune.rsa.Rdm;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The published embedding against the published judgements, with known answers. */
class ThingsPublishedTest {
  private static double spearman(Things things, Dissimilarity measure) {
    List<String> held = things.heldOut();
    Rdm predicted = Rdm.ofFeatures(held, things.behavior(held), measure);
    Correlation result = Comparison.SPEARMAN.compare(predicted, things.measured());
    assertEquals(1128, result.pairs());
    return result.value();
  }

  @Test
  void knownAlignmentInBothOrders() {
    Path folder = RealData.folder("things");
    Things byId = Things.open(folder, ConceptOrder.ID);
    Things repo = Things.open(folder, ConceptOrder.REPO);
    assertEquals(0.86482, spearman(byId, Dissimilarity.CORRELATION), 5e-6);
    assertEquals(0.86440, spearman(repo, Dissimilarity.CORRELATION), 5e-6);
    assertEquals(0.86506, spearman(byId, Dissimilarity.COSINE), 5e-6);
    assertEquals(0.86464, spearman(repo, Dissimilarity.COSINE), 5e-6);
    assertEquals(-0.000520112575, byId.targetScale().min(), 1e-12);
    assertEquals(2.741537094116, byId.targetScale().max(), 1e-12);
    assertEquals(66, byId.labels().size());
    assertEquals(1806, byId.trainable().size());
  }

  @Test
  void repositoryOrderIsThatOfThePublishedRowIndices() throws IOException {
    Path folder = RealData.folder("things");
    Things repo = Things.open(folder, ConceptOrder.REPO);
    byte[] npy = Files.readAllBytes(folder.resolve("triplet48_index.npy"));
    ByteBuffer indices = ByteBuffer.wrap(npy).order(ByteOrder.LITTLE_ENDIAN);
    indices.position(npy.length - 48 * Long.BYTES);
    for (String concept : repo.heldOut()) {
      assertEquals(indices.getLong(), repo.concepts().indexOf(concept), concept);
    }
    assertEquals(246, repo.concepts().indexOf("camera1"));
    List<String> images = Files.readAllLines(folder.resolve("things1854_image_names.csv"));
    assertEquals(
        images.subList(1, images.size()).stream().map(ThingsImages::conceptOf).toList(),
        repo.concepts());
  }

  @Test
  void idsHaveTheirTrueRows() {
    Path folder = RealData.folder("things");
    List<String> ids = Things.open(folder, ConceptOrder.ID).concepts();
    List<String> sorted = Things.open(folder, ConceptOrder.REPO).concepts();
    assertEquals(List.of("camera_lens", "camera1", "camera2"), ids.subList(246, 249));
    assertEquals(List.of("chicken_wire", "chicken1", "chicken2"), ids.subList(322, 325));
    assertEquals(List.of("crystal_ball", "crystal1", "crystal2"), ids.subList(453, 456));
    assertEquals(
        List.of("hot_chocolate", "hot_tub", "hot-air_balloon", "hot-water_bottle"),
        ids.subList(801, 805));
    assertEquals(
        List.of("ice", "ice_cream", "ice_cube", "ice_pack", "ice-cream_cone"),
        ids.subList(816, 821));
    assertEquals(List.of("pepper_mill", "pepper1", "pepper2"), ids.subList(1149, 1152));
    int moved = 0;
    for (int i = 0; i < ids.size(); i++) {
      moved += ids.get(i).equals(sorted.get(i)) ? 0 : 1;
    }
    assertEquals(21, moved);
  }

  @Test
  void publishedTrainingTableHoldsTheRowsOfRepositoryOrder() {
    Path folder = RealData.folder("things");
    Things repo = Things.open(folder, ConceptOrder.REPO);
    ThingsFiles files =
        ThingsFiles.find(folder)
            .withBehavior(folder.resolve("spose_embedding66d_rescaled_1806train.csv"));
    Things table = Things.open(files, ConceptOrder.REPO);
    Set<String> trainable = new HashSet<>(repo.trainable());
    assertEquals(trainable, new HashSet<>(table.concepts()));
    float[][] targets = repo.targets(table.concepts());
    double[][] rescaled = table.behavior(table.concepts());
    for (int i = 0; i < targets.length; i++) {
      for (int k = 0; k < 66; k++) {
        assertEquals(rescaled[i][k], targets[i][k], 1e-5, table.concepts().get(i) + " " + k);
      }
    }
    assertArrayEquals(
        repo.behavior(List.of("camera1"))[0],
        Things.open(folder, ConceptOrder.ID).behavior(List.of("camera_lens"))[0]);
  }

  @Test
  void missingImagesAreCounted() {
    Things things = Things.open(RealData.folder("things"));
    String message =
        assertThrows(InputException.class, () -> things.images().references(things.concepts()))
            .getMessage();
    assertTrue(message.contains("1854 (aardvark, abacus"), message);
  }
}
