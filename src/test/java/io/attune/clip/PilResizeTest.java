package io.attune.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Against the sums of PIL's bytes in resize.tsv, which preprocessing_references.py wrote. */
class PilResizeTest {
  @Test
  void equalsPilInEveryByte() {
    List<String[]> cases = Patterns.table("resize.tsv");
    assertEquals(120, cases.size());
    for (String[] row : cases) {
      RgbImage image = Patterns.image(row[0], Integer.parseInt(row[1]), Integer.parseInt(row[2]));
      RgbImage resized =
          PilResize.resize(
              image,
              Integer.parseInt(row[3]),
              Integer.parseInt(row[4]),
              Resampling.valueOf(row[5]));
      assertEquals(row[6], Patterns.crc(resized.rgb()), String.join(" ", row));
    }
  }

  @Test
  void keepsAConstantImage() {
    byte[] grey = new byte[3 * 41 * 29];
    Arrays.fill(grey, (byte) 201);
    for (Resampling filter : Resampling.values()) {
      RgbImage resized = PilResize.resize(new RgbImage(41, 29, grey), 17, 53, filter);
      byte[] expected = new byte[3 * 17 * 53];
      Arrays.fill(expected, (byte) 201);
      assertArrayEquals(expected, resized.rgb(), filter.name());
    }
  }

  @Test
  void returnsAnImageOfTheWantedSizeItself() {
    RgbImage image = Patterns.image("noise", 9, 5);
    assertSame(image, PilResize.resize(image, 9, 5, Resampling.BICUBIC));
  }

  /** Four rows share their sums' longs; a row alone, or beside an odd number, does not. */
  @Test
  void aRowBesideOthersIsWhatItIsAlone() {
    int width = 61;
    for (int height : new int[] {4, 7, 9}) {
      RgbImage image = Patterns.image("noise", width, height);
      byte[] together = PilResize.resize(image, 17, height, Resampling.BICUBIC).rgb();
      for (int row = 0; row < height; row++) {
        byte[] line = Arrays.copyOfRange(image.rgb(), 3 * width * row, 3 * width * (row + 1));
        assertArrayEquals(
            PilResize.resize(new RgbImage(width, 1, line), 17, 1, Resampling.BICUBIC).rgb(),
            Arrays.copyOfRange(together, 3 * 17 * row, 3 * 17 * (row + 1)),
            "row " + row + " of " + height);
      }
    }
  }
}
