package io.attune.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.Array;
import us.hebi.matlab.mat.types.Cell;
import us.hebi.matlab.mat.types.MatFile;
import us.hebi.matlab.mat.types.Matrix;

class ThingsTest {
  @TempDir Path folder;

  @BeforeEach
  void writeFolder() throws IOException {
    write("unique_id.txt", "camera_lens\ncamera1\nice\nice_cream\nice-cream_cone\n");
    write(
        "spose_embedding_66d_sorted.txt",
        "0 1.5 -1\t\n1\t0\t3\t\n2 2 2\n\n0.5 0.5 1e-1\t\n 4 0 1\n");
    write("labels.txt", "red\nround\nlong\n");
    Cell words = Mat5.newCell(3, 1);
    words.set(0, Mat5.newString("ice cream"));
    words.set(1, Mat5.newString("camera"));
    words.set(2, Mat5.newString("ice"));
    writeMat("words48.mat", "words48", words);
    writeRdm(3);
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  private void writeMat(String name, String variable, Array value) throws IOException {
    try (MatFile mat = Mat5.newMatFile().addArray(variable, value)) {
      Mat5.writeToFile(mat, folder.resolve(name).toFile());
    }
  }

  private void writeRdm(int n) throws IOException {
    Matrix rdm = Mat5.newMatrix(n, n);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        rdm.setDouble(i, j, i == j ? Double.NaN : i + j);
      }
    }
    writeMat("RDM48_triplet.mat", "RDM48_triplet", rdm);
  }

  private String refused() {
    return assertThrows(InputException.class, () -> Things.open(folder)).getMessage();
  }

  @Test
  void joinsByIdAndMendsWords() {
    Things things = Things.open(folder);
    assertEquals(5, things.concepts().size());
    assertEquals(3, things.dimensions());
    assertEquals(List.of("red", "round", "long"), things.labels());
    assertEquals(List.of("ice_cream", "camera1", "ice"), things.heldOut());
    assertEquals(List.of("camera_lens", "ice-cream_cone"), things.trainable());
    assertArrayEquals(new double[] {1, 2, 3}, things.measured().condensed());
    assertArrayEquals(new double[] {1, 0, 3}, things.behavior(List.of("camera1"))[0]);
    assertArrayEquals(new float[] {20, 50, 0}, things.targets(List.of("camera_lens"))[0], 1e-5f);
  }

  @Test
  void repositoryOrderFollowsSortedImageNames() {
    Things things = Things.open(folder, ConceptOrder.REPO);
    assertEquals(
        List.of("camera1", "camera_lens", "ice-cream_cone", "ice", "ice_cream"), things.concepts());
    assertArrayEquals(new double[] {0, 1.5, -1}, things.behavior(List.of("camera1"))[0]);
  }

  @Test
  void readsTableOfConceptsAndCsv() throws IOException {
    Files.delete(folder.resolve("unique_id.txt"));
    Files.delete(folder.resolve("spose_embedding_66d_sorted.txt"));
    write(
        "things_concepts.tsv",
        "Word\tuniqueID\tmore\r\ncamera\tcamera1\t\r\nice\tice\tx\r\nice cream\tice_cream\t\r\n");
    write(
        "spose_embedding_rescaled.csv",
        ",image_name,0,1,2\n0,ice_cream_02s.jpg,1,2,3\n1,camera1_01b.jpg,4,5,6\n");
    Things things = Things.open(folder);
    assertEquals(List.of("ice_cream", "camera1"), things.concepts());
    assertArrayEquals(new double[] {4, 5, 6}, things.behavior(List.of("camera1"))[0]);
    String message =
        assertThrows(InputException.class, () -> things.behavior(things.heldOut())).getMessage();
    assertTrue(message.contains("no row for 1 (ice)"), message);
    write("spose_embedding_rescaled.csv", ",image_name,0\n0,ice_creme_01b.jpg,1\n");
    assertTrue(refused().contains("line 2: image ice_creme_01b.jpg"), refused());
  }

  @Test
  void misfitsAreNamed() throws IOException {
    write("labels.txt", "red\nround\n");
    assertTrue(refused().contains("each of the 3 dimensions"), refused());
    Files.delete(folder.resolve("labels.txt"));
    assertTrue(Things.open(folder).labels().isEmpty());
    writeRdm(4);
    assertTrue(refused().contains("3 words"), refused());
    writeMat("words48.mat", "words48", Mat5.newCell(1, 1).set(0, Mat5.newString("zebra crossing")));
    assertTrue(refused().contains("1 (zebra_crossing)"), refused());
    Files.delete(folder.resolve("words48.mat"));
    assertTrue(refused().contains("go together"), refused());
    Files.delete(folder.resolve("RDM48_triplet.mat"));
    assertFalse(Things.open(folder).hasHeldOut());
    write("spose_embedding_66d_sorted.txt", "1 2\n1 2\n1 2\n1 2\n");
    assertTrue(refused().contains("5 concepts, found 4 rows"), refused());
    write("spose_embedding_66d_sorted.txt", "1 2\n1 x\n");
    assertTrue(refused().contains("line 2, dimension 1: 'x'"), refused());
    write("spose_embedding_66d_sorted.txt", "1 2\n1 2 3\n");
    assertTrue(refused().contains("line 2: expected 2 dimensions, found 3"), refused());
    write("unique_id.txt", "ice\nice\n");
    assertTrue(refused().contains("ice is listed twice"), refused());
  }

  @Test
  void referenceImageIsTheFirstThatExists() throws IOException {
    for (String name : List.of("ice_02s.jpg", "ice_13n.jpg", "ice_cream_01s.jpg", "notes.txt")) {
      Path images = Files.createDirectories(folder.resolve("images"));
      Files.createFile(images.resolve(name));
    }
    ThingsImages flat = Things.open(folder).images();
    assertEquals("ice_02s.jpg", name(flat.references(List.of("ice")).get(0)));
    assertEquals("ice_cream_01s.jpg", name(flat.references(List.of("ice_cream")).get(0)));
    assertEquals(2, flat.of("ice").size());
    Path nested = Files.createDirectories(folder.resolve("images/camera1"));
    Files.createFile(nested.resolve("camera1_03n.png"));
    Files.createFile(nested.resolve("camera1_01b.jpg"));
    Files.createFile(nested.resolve("stray_01b.jpg"));
    ThingsImages both = Things.open(folder).images();
    assertEquals("camera1_01b.jpg", name(both.references(List.of("camera1")).get(0)));
    String message =
        assertThrows(
                InputException.class, () -> both.references(List.of("ice", "stray", "camera_lens")))
            .getMessage();
    assertTrue(message.contains("no image of 2 (stray, camera_lens) of 3"), message);
  }

  @Test
  @DisabledOnOs(value = OS.WINDOWS, disabledReason = "links need rights there")
  void linkedFoldersOfImagesAreEntered() throws IOException {
    Path elsewhere = Files.createDirectories(folder.resolve("elsewhere/ice"));
    Files.createFile(elsewhere.resolve("ice_01b.jpg"));
    Files.createSymbolicLink(folder.resolve("images"), elsewhere.getParent());
    assertEquals(1, Things.open(folder).images().of("ice").size());
    Files.delete(folder.resolve("images"));
    Files.createDirectory(folder.resolve("images"));
    Files.createSymbolicLink(folder.resolve("images/ice"), elsewhere);
    assertEquals(1, Things.open(folder).images().of("ice").size());
  }

  private static String name(Path path) {
    return path.getFileName().toString();
  }
}
