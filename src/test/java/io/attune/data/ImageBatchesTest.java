package io.attune.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.clip.ImageDecoder;
import io.attune.clip.ImagePreprocessor;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NoSuchElementException;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageBatchesTest {
  @TempDir Path folder;

  private final ImagePreprocessor preprocessor = ImagePreprocessor.paper(6, 4);

  private Path image(String name, int number) throws IOException {
    BufferedImage image = new BufferedImage(8 + number, 9, BufferedImage.TYPE_INT_RGB);
    for (int x = 0; x < image.getWidth(); x++) {
      for (int y = 0; y < 9; y++) {
        image.setRGB(x, y, 0x10325 * (x + 3 * y + 40 * number));
      }
    }
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    ImageIO.write(image, "png", file.toFile());
    return file;
  }

  private void assertRow(ImageBatch batch, int row) {
    float[] expected = preprocessor.apply(ImageDecoder.read(batch.files().get(row)));
    int from = row * preprocessor.length();
    float[] found = Arrays.copyOfRange(batch.pixels(), from, from + preprocessor.length());
    assertTrue(Arrays.equals(expected, found), "pixels of " + batch.files().get(row));
  }

  @Test
  void givesEveryImageInOrderWhateverTheBatchAndThreads() throws IOException {
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      files.add(image("n%d.png".formatted(6 - i), i));
    }
    for (int batchSize : new int[] {1, 2, 3, 7, 50}) {
      for (int threads : new int[] {1, 3}) {
        List<Path> seen = new ArrayList<>();
        try (ImageBatches batches =
            new ImageBatches(
                files, preprocessor, batchSize, threads, ImageBatches.Unreadable.FAIL)) {
          while (batches.hasNext()) {
            ImageBatch batch = batches.next();
            assertTrue(batch.size() <= batchSize);
            for (int row = 0; row < batch.size(); row++) {
              assertRow(batch, row);
            }
            seen.addAll(batch.files());
          }
          assertThrows(NoSuchElementException.class, batches::next);
        }
        assertEquals(files, seen);
      }
    }
  }

  @Test
  void leavesOutUnreadableImagesAndListsThem() throws IOException {
    List<Path> files = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      files.add(image("n%d.png".formatted(i), i));
    }
    Files.writeString(files.get(0), "no image");
    Files.write(files.get(3), Arrays.copyOf(Files.readAllBytes(files.get(3)), 60));
    List<Path> seen = new ArrayList<>();
    try (ImageBatches batches =
        new ImageBatches(files, preprocessor, 3, 2, ImageBatches.Unreadable.SKIP)) {
      while (batches.hasNext()) {
        ImageBatch batch = batches.next();
        assertEquals(2, batch.size());
        assertRow(batch, 0);
        assertRow(batch, 1);
        seen.addAll(batch.files());
      }
      assertEquals(
          List.of(files.get(0), files.get(3)),
          batches.skipped().stream().map(ImageBatches.Skipped::file).toList());
      for (ImageBatches.Skipped skipped : batches.skipped()) {
        assertTrue(skipped.reason().startsWith(skipped.file() + ": "), skipped.reason());
      }
    }
    assertEquals(List.of(files.get(1), files.get(2), files.get(4), files.get(5)), seen);
  }

  @Test
  void failsOnTheFirstUnreadableImageOtherwise() throws IOException {
    List<Path> files = List.of(image("a.png", 1), image("b.png", 2), image("c.png", 3));
    Files.writeString(files.get(1), "no image");
    try (ImageBatches batches =
        new ImageBatches(files, preprocessor, 1, 2, ImageBatches.Unreadable.FAIL)) {
      assertEquals(List.of(files.get(0)), batches.next().files());
      String message = assertThrows(InputException.class, batches::next).getMessage();
      assertTrue(message.startsWith(files.get(1) + ": not an image"), message);
    }
  }

  @Test
  void refusesABatchThatNoArrayHolds() {
    InputException e =
        assertThrows(
            InputException.class,
            () ->
                new ImageBatches(
                    List.of(),
                    ImagePreprocessor.paper(224, 224),
                    20_000,
                    1,
                    ImageBatches.Unreadable.FAIL));
    assertEquals("a batch of 20000 images of 224x224: expected 1 to 14266 images", e.getMessage());
  }

  @Test
  void givesNoBatchOfNoImages() {
    try (ImageBatches batches =
        new ImageBatches(List.of(), preprocessor, 4, 1, ImageBatches.Unreadable.FAIL)) {
      assertFalse(batches.hasNext());
    }
  }

  @Test
  void listsImagesByName() throws IOException {
    image("b/2.png", 1);
    image("b/10.PNG", 1);
    image("a.jpeg", 1);
    image("B.bmp", 1);
    image("._a.jpeg", 1);
    Files.writeString(folder.resolve("notes.txt"), "");
    Files.createDirectories(folder.resolve("folder.png"));
    assertEquals(List.of("B.bmp", "a.jpeg"), names(Images.list(folder)));
    assertEquals(
        List.of("B.bmp", "a.jpeg", "b/10.PNG", "b/2.png"), names(Images.listRecursively(folder)));
    String none =
        assertThrows(InputException.class, () -> Images.list(folder.resolve("folder.png")))
            .getMessage();
    assertTrue(none.contains("no images"), none);
    assertThrows(InputException.class, () -> Images.list(folder.resolve("nowhere")));
    String file =
        assertThrows(InputException.class, () -> Images.list(folder.resolve("a.jpeg")))
            .getMessage();
    assertTrue(file.endsWith("not a folder of images"), file);
  }

  private List<String> names(List<Path> images) {
    return images.stream().map(image -> Images.name(folder, image)).toList();
  }
}
