package io.attune.clip;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.zip.CRC32;

/** Images whose pixels follow a formula, the same as in patterns.py, and the sums of both sides. */
final class Patterns {
  private Patterns() {}

  static RgbImage image(String kind, int width, int height) {
    byte[] rgb = new byte[3 * width * height];
    for (int y = 0; y < height; y++) {
      for (int x = 0; x < width; x++) {
        for (int c = 0; c < 3; c++) {
          int i = (y * width + x) * 3 + c;
          rgb[i] =
              switch (kind) {
                case "noise" -> noise(i);
                case "ramp" -> (byte) (x * 7 + y * 13 + c * 50);
                case "blocks" -> (byte) (((x / 5 + y / 3 + c) & 1) * 255);
                default -> throw new IllegalArgumentException(kind);
              };
        }
      }
    }
    return new RgbImage(width, height, rgb);
  }

  private static byte noise(int i) {
    int v = i * 0x9E3779B1;
    v ^= v >>> 16;
    v *= 0x85EBCA77;
    v ^= v >>> 13;
    return (byte) (v >>> 8);
  }

  static String crc(byte[] bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    return "%08x".formatted(crc.getValue());
  }

  static String crc(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return crc(bytes.array());
  }

  /** The rows of a tab-separated resource, without its comment lines. */
  static List<String[]> table(String name) {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                Patterns.class.getResourceAsStream(name), StandardCharsets.UTF_8))) {
      return in.lines().filter(l -> !l.startsWith("# ")).map(l -> l.split("\t", -1)).toList();
    } catch (IOException e) {
      throw new IllegalStateException(name, e);
    }
  }
}
