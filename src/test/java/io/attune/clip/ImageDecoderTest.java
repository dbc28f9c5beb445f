package io.attune.clip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against formats.tsv: small files of every kind and the sums of PIL's RGB bytes. */
class ImageDecoderTest {
  @TempDir Path folder;

  private static byte[] file(String[] row) {
    return Base64.getDecoder().decode(row[4]);
  }

  private static byte[] file(String name) {
    return Patterns.table("formats.tsv").stream()
        .filter(row -> row[0].equals(name))
        .map(ImageDecoderTest::file)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void equalsPilInEveryByteOfEveryFormat() throws IOException {
    List<String[]> cases = Patterns.table("formats.tsv");
    assertTrue(cases.size() > 130, "cases: " + cases.size());
    List<String> wrong = new ArrayList<>();
    for (String[] row : cases) {
      RgbImage image = ImageDecoder.decode(file(row));
      String expected = row[1] + "x" + row[2] + " " + row[3];
      String found = image.width() + "x" + image.height() + " " + Patterns.crc(image.rgb());
      if (!found.equals(expected)) {
        wrong.add(row[0] + ": expected " + expected + ", found " + found);
      }
    }
    assertEquals(List.of(), wrong);
  }

  @Test
  void refusesATruncatedFileAtAnyLength() throws IOException {
    for (String name :
        List.of("png color 2 depth 8 adam7 11x7", "jpeg progressive", "jpeg cmyk", "gif RGB")) {
      byte[] whole = file(name);
      int last = name.startsWith("png") ? whole.length - 13 : whole.length - 2;
      for (int length = 0; length < last; length += 1 + length / 40) {
        Path cut = folder.resolve("cut");
        Files.write(cut, java.util.Arrays.copyOf(whole, length));
        String what = name + " cut to " + length;
        InputException e = assertThrows(InputException.class, () -> ImageDecoder.read(cut), what);
        assertTrue(e.getMessage().startsWith(cut + ": "), e.getMessage());
        assertEquals(1, e.getMessage().lines().count(), e.getMessage());
      }
    }
  }

  @Test
  void answersDamageWithAnImageOrOneClearLine() {
    long seed = 20261122;
    System.out.println("ImageDecoderTest damage seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (String[] row : Patterns.table("formats.tsv")) {
      byte[] whole = file(row);
      for (int round = 0; round < 12; round++) {
        byte[] damaged = whole.clone();
        for (int flips = 0; flips <= round % 4; flips++) {
          damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
        }
        try {
          RgbImage image = ImageDecoder.decode(damaged);
          assertEquals(3 * image.width() * image.height(), image.rgb().length);
        } catch (ImageFormatException e) {
          assertEquals(1, e.getMessage().lines().count(), row[0] + ": " + e.getMessage());
        }
      }
    }
  }

  @Test
  void findsDamageInPngDataByItsChecksum() {
    byte[] png = file("png color 2 depth 8 rows 11x7");
    png[png.length - 30] ^= 1;
    String message =
        assertThrows(ImageFormatException.class, () -> ImageDecoder.decode(png)).getMessage();
    assertTrue(message.contains("wrong checksum"), message);
  }

  @Test
  void refusesBombsByTheirHeader() {
    for (String name : List.of("png color 0 depth 8 rows 11x7", "jpeg grey")) {
      byte[] bomb = file(name);
      ByteBuffer header = ByteBuffer.wrap(bomb);
      if (name.startsWith("png")) {
        header.putInt(16, 40_000).putInt(20, 40_000);
        java.util.zip.CRC32 crc = new java.util.zip.CRC32();
        crc.update(bomb, 12, 17);
        header.putInt(29, (int) crc.getValue());
      } else {
        int at = 2;
        while ((bomb[at + 1] & 0xFF) != 0xC0) {
          at += 2 + (header.getShort(at + 2) & 0xFFFF);
        }
        header.putShort(at + 5, (short) 40_000).putShort(at + 7, (short) 40_000);
      }
      String message =
          assertThrows(ImageFormatException.class, () -> ImageDecoder.decode(bomb)).getMessage();
      assertEquals("40000x40000 pixels are more than the limit of 178956970", message);
    }
  }

  @Test
  void refusesAPngThatCannotHoldItsPixels() {
    byte[] png = file("png color 0 depth 8 rows 11x7");
    ByteBuffer header = ByteBuffer.wrap(png).putInt(16, 13_000).putInt(20, 13_000);
    java.util.zip.CRC32 crc = new java.util.zip.CRC32();
    crc.update(png, 12, 17);
    header.putInt(29, (int) crc.getValue());
    String message =
        assertThrows(ImageFormatException.class, () -> ImageDecoder.decode(png)).getMessage();
    assertTrue(message.startsWith("truncated: 13000x13000 pixels cannot be in"), message);
  }

  @Test
  void namesAFileThatIsNoImage() throws IOException {
    Path text = folder.resolve("notes.png");
    Files.writeString(text, "not an image");
    assertEquals(
        text + ": not an image of a known format (PNG, JPEG, GIF, BMP); convert it to PNG",
        assertThrows(InputException.class, () -> ImageDecoder.read(text)).getMessage());
    Path empty = Files.createFile(folder.resolve("empty.jpg"));
    assertEquals(
        empty + ": the file is empty",
        assertThrows(InputException.class, () -> ImageDecoder.read(empty)).getMessage());
    Path none = folder.resolve("none.jpg");
    assertEquals(
        none + ": no such file",
        assertThrows(InputException.class, () -> ImageDecoder.read(none)).getMessage());
  }
}
