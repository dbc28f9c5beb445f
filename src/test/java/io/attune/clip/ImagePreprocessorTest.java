package io.attune.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.data.RealData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against the sums that PIL, numpy and torchvision gave to preprocessing_references.py. */
class ImagePreprocessorTest {
  private static void assertSums(RgbImage image, int size, String[] row, int first) {
    String what = String.join(" ", row);
    PreprocessorConfig config = PreprocessorConfig.standard(size);
    ImagePreprocessor clip = ImagePreprocessor.clip(config);
    ImagePreprocessor openai = ImagePreprocessor.clip(config, CropRounding.TORCHVISION);
    assertEquals(row[first], Patterns.crc(clip.resizeAndCrop(image).rgb()), what);
    assertEquals(row[first + 1], Patterns.crc(clip.apply(image)), what);
    assertEquals(row[first + 2], Patterns.crc(openai.resizeAndCrop(image).rgb()), what);
    float[] paper = ImagePreprocessor.paper(size, size).apply(image);
    assertEquals(row[first + 3], Patterns.crc(paper), what);
  }

  @Test
  void equalsTheReferencePipelinesInEveryFloat() {
    List<String[]> cases = Patterns.table("pipeline.tsv");
    assertEquals(39, cases.size());
    int cropsApart = 0;
    for (String[] row : cases) {
      RgbImage image = Patterns.image(row[0], Integer.parseInt(row[1]), Integer.parseInt(row[2]));
      assertSums(image, Integer.parseInt(row[3]), row, 4);
      cropsApart += row[4].equals(row[6]) ? 0 : 1;
    }
    assertTrue(cropsApart > 0, "no case in which the two crop rules differ");
  }

  @Test
  void equalsTheReferencePipelinesOnPhotographs() {
    Path folder = RealData.folder("images");
    List<String[]> cases = Patterns.table("photographs.tsv");
    assertEquals(6, cases.size());
    for (String[] row : cases) {
      RgbImage image = ImageDecoder.read(folder.resolve(row[0]));
      assertEquals(row[1] + "x" + row[2], image.width() + "x" + image.height());
      assertEquals(row[3], Patterns.crc(image.rgb()), row[0]);
      assertSums(image, 224, row, 4);
    }
  }

  @Test
  void writesAtTheOffsetAndNowhereElse() {
    ImagePreprocessor paper = ImagePreprocessor.paper(5, 3);
    assertEquals(45, paper.length());
    RgbImage image = Patterns.image("noise", 11, 8);
    float[] alone = paper.apply(image);
    float[] batch = new float[60];
    java.util.Arrays.fill(batch, -99);
    paper.apply(image, batch, 7);
    for (int i = 0; i < batch.length; i++) {
      assertEquals(i >= 7 && i < 52 ? alone[i - 7] : -99, batch[i], "at " + i);
    }
  }

  @Test
  void surroundsAnImageSmallerThanTheCropWithBlack() {
    PreprocessorConfig config =
        config("{\"do_resize\": false, \"crop_size\": 6, \"do_normalize\": false}");
    RgbImage white = new RgbImage(3, 1, new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1});
    float[] out = ImagePreprocessor.clip(config).apply(white);
    for (int i = 0; i < out.length; i++) {
      int y = i / 6 % 6;
      int x = i % 6;
      assertEquals(y == 3 && x >= 2 && x < 5 ? 1f : 0f, out[i], "at " + x + "," + y);
    }
  }

  @Test
  void readsTheOldAndTheNewFormOfTheFile() {
    PreprocessorConfig old =
        config(
            """
            {"crop_size": 224, "do_center_crop": true, "do_normalize": true, "do_resize": true,
             "feature_extractor_type": "CLIPFeatureExtractor", "resample": 3, "size": 224,
             "image_mean": [0.48145466, 0.4578275, 0.40821073],
             "image_std": [0.26862954, 0.26130258, 0.27577711]}
            """);
    PreprocessorConfig standard = PreprocessorConfig.standard(224);
    RgbImage image = Patterns.image("noise", 300, 230);
    float[] expected = ImagePreprocessor.clip(standard).apply(image);
    assertArrayEquals(expected, ImagePreprocessor.clip(old).apply(image));
    assertArrayEquals(expected, ImagePreprocessor.clip(config("{}")).apply(image));
    PreprocessorConfig bilinear = config("{\"resample\": 2}");
    assertNotEquals(
        Patterns.crc(expected), Patterns.crc(ImagePreprocessor.clip(bilinear).apply(image)));
    PreprocessorConfig squash =
        config("{\"size\": {\"height\": 8, \"width\": 16}, \"do_center_crop\": false}");
    assertEquals(16, ImagePreprocessor.clip(squash).width());
    assertEquals(8, ImagePreprocessor.clip(squash).height());
  }

  @Test
  void writesWhatItReads(@TempDir Path folder) {
    PreprocessorConfig.standard(96).write(folder);
    PreprocessorConfig read = PreprocessorConfig.read(folder);
    assertEquals(new PreprocessorConfig.Size(96, 0, 0), read.size());
    assertEquals(Resampling.BICUBIC, read.resample());
    RgbImage image = Patterns.image("ramp", 200, 150);
    assertArrayEquals(
        ImagePreprocessor.clip(PreprocessorConfig.standard(96)).apply(image),
        ImagePreprocessor.clip(folder).apply(image));
  }

  @Test
  void refusesWhatItDoesNotOffer() {
    assertRefused("{\"resample\": 1}", "resample: expected 2 (bilinear) or 3 (bicubic), found 1");
    assertRefused("{\"do_convert_rgb\": false}", "do_convert_rgb");
    assertRefused("{\"do_pad\": true}", "do_pad: expected false");
    assertRefused("{\"do_center_crop\": false}", "do_center_crop");
    assertRefused("{\"size\": {\"longest_edge\": 224}}", "size: expected");
    assertRefused("{\"size\": 0}", "size: expected 1 to");
    assertRefused("{\"crop_size\": {\"shortest_edge\": 5}}", "crop_size: expected");
    assertRefused("{\"image_mean\": [1, 2]}", "image_mean: expected 3 numbers");
    assertRefused("{\"image_std\": [1, 0, 1]}", "image_std: expected 3 numbers other than 0");
    assertRefused("{\"rescale_factor\": \"x\"}", "rescale_factor: expected a number");
    assertRefused("[]", "expected a JSON object");
    assertRefused("", "expected a JSON object");
    assertRefused("{\"size\": ", "not valid JSON");
  }

  @Test
  void refusesAnImageThatWouldGrowBeyondTheLimit() {
    ImagePreprocessor clip = ImagePreprocessor.clip(PreprocessorConfig.standard(224));
    RgbImage thread = new RgbImage(1, 100_000, new byte[300_000]);
    String message = assertThrows(InputException.class, () -> clip.apply(thread)).getMessage();
    assertTrue(message.startsWith("an image of 1x100000 is too narrow"), message);
    float[] squashed = ImagePreprocessor.paper(4, 4).apply(thread);
    assertEquals(48, squashed.length);
    RgbImage longThread = new RgbImage(1, 900_000, new byte[2_700_000]);
    ImagePreprocessor paper = ImagePreprocessor.paper(224, 224);
    assertThrows(InputException.class, () -> paper.apply(longThread));
  }

  private static void assertRefused(String json, String expected) {
    String message = assertThrows(InputException.class, () -> config(json)).getMessage();
    assertTrue(message.contains(expected), message);
    assertTrue(message.contains("preprocessor_config.json"), message);
    assertEquals(1, message.lines().count(), message);
  }

  private static PreprocessorConfig config(String json) {
    try {
      Path folder = Files.createTempDirectory("preprocessor");
      Path file = folder.resolve(PreprocessorConfig.FILE_NAME);
      try {
        Files.writeString(file, json);
        return PreprocessorConfig.read(folder);
      } finally {
        Files.deleteIfExists(file);
        Files.delete(folder);
      }
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
