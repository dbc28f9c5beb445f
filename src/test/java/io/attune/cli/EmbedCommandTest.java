package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.cli.Terminal.Result;
import io.attune.format.Hdf5;
import io.attune.format.Npy;
import io.attune.format.Safetensors;
import io.attune.format.TensorSource;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code embed} and {@code preprocess}: formats, row order, unreadable images, files kept whole.
 */
class EmbedCommandTest {
  private static final String MODEL = "weights/references/names";
  private static final List<String> ORDER = List.of("B.png", "a.png", "c d.png");

  @TempDir private Path temp;
  private Path images;

  @BeforeEach
  void drawImages() throws IOException {
    images = Files.createDirectories(temp.resolve("images"));
    int colour = 0x203040;
    for (String name : ORDER.reversed()) {
      BufferedImage image = new BufferedImage(20, 30, BufferedImage.TYPE_INT_RGB);
      for (int i = 0; i < 600; i++) {
        image.setRGB(i % 20, i / 20, colour * (i + 1));
      }
      ImageIO.write(image, "png", images.resolve(name).toFile());
      colour += 0x305070;
    }
    Files.writeString(images.resolve("notes.txt"), "not an image");
  }

  @Test
  void allFormatsHoldTheSameRows() throws IOException {
    float[] npy;
    Shape shape;
    embed("e.npy");
    try (Npy file = Npy.open(temp.resolve("e.npy"))) {
      assertEquals(DType.F32, file.dtype());
      shape = file.shape();
      npy = file.readFloats();
    }
    assertEquals(3, shape.dim(0));
    assertEquals(ORDER, Files.readAllLines(temp.resolve("e.npy.names.txt")));

    embed("e.safetensors", "--batch", "2");
    try (TensorSource file = Safetensors.open(temp.resolve("e.safetensors"))) {
      assertEquals(shape, file.info("embeddings").shape());
      assertArrayEquals(npy, file.read("embeddings"), 1e-5f, "a batch of two and one of one");
    }
    embed("e.h5");
    try (Hdf5 file = Hdf5.open(temp.resolve("e.h5"))) {
      assertArrayEquals(npy, file.readFloats("embeddings"));
      assertEquals(ORDER, file.readStrings("names"));
    }
    embed("e.csv");
    List<String> rows = Files.readAllLines(temp.resolve("e.csv"));
    assertEquals(4, rows.size());
    String[] cells = rows.get(3).split(",");
    assertEquals("c d.png", cells[0]);
    assertEquals(npy[2 * shape.dim(1) + 1], Float.parseFloat(cells[2]));
    assertTrue(Files.exists(temp.resolve("e.csv.names.txt")));
  }

  @Test
  void normalizedRowsHaveUnitLength() {
    embed("e.npy", "--normalize");
    try (Npy file = Npy.open(temp.resolve("e.npy"))) {
      float[] values = file.readFloats();
      int width = file.shape().dim(1);
      for (int i = 0; i < 3; i++) {
        double squares = 0;
        for (int k = 0; k < width; k++) {
          squares += values[i * width + k] * values[i * width + k];
        }
        assertEquals(1, squares, 1e-6);
      }
    }
  }

  @Test
  void anUnreadableImageEndsItUnlessSkipped() throws IOException {
    Files.writeString(images.resolve("b.png"), "not a picture at all");
    Path out = Files.writeString(temp.resolve("e.npy"), "what was here before");
    Result refused = run("embed", "e.npy");
    assertEquals(2, refused.status());
    assertTrue(refused.err().contains("b.png"), refused.err());
    assertEquals("what was here before", Files.readString(out), "the old file is untouched");
    assertFalse(Files.exists(temp.resolve("e.npy.names.txt")));

    Result skipped = run("embed", "e.npy", "--skip-unreadable");
    assertEquals(0, skipped.status(), skipped.err());
    assertTrue(skipped.err().contains("skipped: "), skipped.err());
    assertTrue(skipped.err().contains("b.png"), skipped.err());
    assertEquals(ORDER, Files.readAllLines(temp.resolve("e.npy.names.txt")));
    try (Npy file = Npy.open(out)) {
      assertEquals(3, file.shape().dim(0));
    }
  }

  @Test
  void imagesThatOthersCouldReadAreNotMissedInSilence() throws IOException {
    Files.writeString(images.resolve("photo.webp"), "RIFF....WEBPVP8 ");
    Files.createSymbolicLink(images.resolve("moved.jpg"), Path.of("nowhere.jpg"));
    Result refused = run("embed", "e.npy");
    assertEquals(2, refused.status());
    assertTrue(refused.err().contains("moved.jpg: no such file"), refused.err());

    Result skipped = run("embed", "e.npy", "--skip-unreadable");
    assertEquals(0, skipped.status(), skipped.err());
    assertTrue(skipped.err().contains("photo.webp: not an image of a known"), skipped.err());
    assertEquals(ORDER, Files.readAllLines(temp.resolve("e.npy.names.txt")));
  }

  @Test
  void anOutputWithoutAFolderIsToldBeforeAnyWork() throws IOException {
    Result result = run("embed", "none/e.npy");
    assertEquals(2, result.status());
    assertTrue(result.err().contains("there is no folder"), result.err());
    assertFalse(result.err().contains("embedding"), "said before the images: " + result.err());

    Files.createDirectories(temp.resolve("e.npy.names.txt"));
    Result names = run("embed", "e.npy");
    assertEquals(2, names.status());
    assertFalse(names.err().contains("embedding"), "said before the images: " + names.err());
    assertFalse(Files.exists(temp.resolve("e.npy")), "no rows without their names");
  }

  @Test
  void aFolderWithNothingReadableIsAnError() throws IOException {
    Path empty = Files.createDirectories(temp.resolve("empty"));
    Files.writeString(empty.resolve("x.png"), "no");
    Result result =
        Terminal.run(
            "embed",
            "--model",
            MODEL,
            "--images",
            empty.toString(),
            "--skip-unreadable",
            "--out",
            temp.resolve("e.npy").toString());
    assertEquals(2, result.status());
    assertTrue(result.err().contains("none of its images could be read"), result.err());
    assertFalse(Files.exists(temp.resolve("e.npy")));
  }

  @Test
  void preprocessWritesPixelsInBothPipelines() throws IOException {
    for (String pipeline : List.of("clip", "paper")) {
      Result result = run("preprocess", pipeline + ".npy", "--preprocess", pipeline);
      assertEquals(0, result.status(), result.err());
      try (Npy file = Npy.open(temp.resolve(pipeline + ".npy"))) {
        assertEquals(3, file.shape().dim(0));
        assertEquals(3, file.shape().dim(1));
        assertEquals(file.shape().dim(2), file.shape().dim(3));
      }
      assertEquals(ORDER, Files.readAllLines(temp.resolve(pipeline + ".npy.names.txt")));
    }
    try (Npy clip = Npy.open(temp.resolve("clip.npy"));
        Npy paper = Npy.open(temp.resolve("paper.npy"))) {
      assertFalse(java.util.Arrays.equals(clip.readFloats(), paper.readFloats()));
    }
  }

  private void embed(String file, String... more) {
    Result result = run("embed", file, more);
    assertEquals(0, result.status(), result.err());
    assertEquals(temp.resolve(file) + "\n", result.out());
  }

  private Result run(String command, String file, String... more) {
    List<String> arguments =
        new java.util.ArrayList<>(
            List.of(command, "--model", MODEL, "--images", images.toString()));
    arguments.addAll(List.of("--out", temp.resolve(file).toString()));
    arguments.addAll(List.of(more));
    return Terminal.run(arguments.toArray(String[]::new));
  }
}
