package io.attune.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.attune.InputException;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpyTest {
  @TempDir Path folder;

  @Test
  void givesBackWhatWasWritten() {
    Path file = folder.resolve("a.npy");
    float[] floats = new float[3 * 4099 * 2];
    double[] doubles = new double[floats.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) Math.cos(i);
      doubles[i] = Math.cos(i);
    }
    Shape shape = Shape.of(3, 4099, 2);
    NpyWriter.write(file, shape, floats);
    try (Npy npy = Npy.open(file)) {
      assertEquals(shape, npy.shape());
      assertEquals(DType.F32, npy.dtype());
      assertArrayEquals(floats, npy.readFloats());
      assertThrows(InputException.class, npy::readLongs);
    }
    NpyWriter.write(file, shape, doubles);
    try (Npy npy = Npy.open(file)) {
      assertArrayEquals(doubles, npy.readDoubles());
      double[] slice = new double[4099 * 2 + 1];
      npy.readDoubles(1, 1, slice, 1);
      assertEquals(doubles[4099 * 2], slice[1]);
      assertEquals(doubles[4099 * 4 - 1], slice[4099 * 2]);
      double[] run = new double[3];
      npy.readRun(4099 * 2 + 5, 3, run, 0);
      assertEquals(doubles[4099 * 2 + 5], run[0]);
    }
  }

  @Test
  void acceptsScalarsVectorsAndNothing() {
    Path file = folder.resolve("a.npy");
    NpyWriter.write(file, Shape.of(), new float[] {7});
    try (Npy npy = Npy.open(file)) {
      assertEquals(Shape.of(), npy.shape());
      assertArrayEquals(new float[] {7}, npy.readFloats());
    }
    NpyWriter.write(file, Shape.of(2), new long[] {3, -4});
    try (Npy npy = Npy.open(file)) {
      assertEquals(Shape.of(2), npy.shape());
      assertArrayEquals(new long[] {3, -4}, npy.readLongs());
    }
    NpyWriter.write(file, Shape.of(0, 5), new float[0]);
    try (Npy npy = Npy.open(file)) {
      assertEquals(0, npy.readFloats().length);
    }
    NpyWriter.write(file, Shape.of(1L << 40, 0), new float[0]);
    try (Npy npy = Npy.open(file)) {
      assertEquals(0, npy.readFloats().length);
    }
  }

  @Test
  void appearsOnlyWhenComplete() {
    Path file = folder.resolve("a.npy");
    try (NpyWriter writer = NpyWriter.create(file, DType.F16, Shape.of(2, 2))) {
      writer.append(new float[] {9, 1, 2, 9}, 1, 2);
      assertThrows(IllegalStateException.class, writer::commit);
      assertThrows(IllegalArgumentException.class, () -> writer.append(new float[3], 0, 3));
    }
    assertFalse(Files.exists(file));
    try (NpyWriter writer = NpyWriter.create(file, DType.F16, Shape.of(2, 2))) {
      writer.append(new float[] {9, 1, 2, 9}, 1, 2);
      writer.append(new float[] {3, 4}, 0, 2);
      writer.commit();
    }
    try (Npy npy = Npy.open(file)) {
      assertEquals(DType.F16, npy.dtype());
      assertArrayEquals(new float[] {1, 2, 3, 4}, npy.readFloats());
    }
  }

  @Test
  void readsEveryVersionOrderAndEndianness() {
    // element (i, j, k) of a (2, 3, 2) array holds 100 i + 10 j + k
    double[] expected = new double[12];
    for (int n = 0; n < 12; n++) {
      expected[n] = 100 * (n / 6) + 10 * (n / 2 % 3) + n % 2;
    }
    for (int version = 1; version <= 3; version++) {
      for (boolean big : new boolean[] {false, true}) {
        for (boolean fortran : new boolean[] {false, true}) {
          ByteBuffer data =
              ByteBuffer.allocate(96).order(big ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
          for (int n = 0; n < 12; n++) {
            data.putDouble(fortran ? 100 * (n % 2) + 10 * (n / 2 % 3) + n / 6 : expected[n]);
          }
          String header =
              "{'shape': (2, 3, 2), 'descr': \"%sf8\", 'fortran_order': %s}\n"
                  .formatted(big ? ">" : "<", fortran ? "True" : "False");
          Npy npy = Npy.of("test", file(version, header, data.array()));
          assertArrayEquals(expected, npy.readDoubles());
          double[] slice = new double[6];
          npy.readDoubles(1, 1, slice, 0);
          assertArrayEquals(Arrays.copyOfRange(expected, 6, 12), slice);
          npy.close();
        }
      }
    }
  }

  @Test
  void readsSmallTypes() {
    byte[] bytes = {1, 0, -1, 127};
    assertArrayEquals(new long[] {1, 0, 1, 1}, small("|b1", bytes));
    assertArrayEquals(new long[] {1, 0, 255, 127}, small("|u1", bytes));
    assertArrayEquals(new long[] {1, 0, -1, 127}, small("<i1", bytes));
  }

  private static long[] small(String type, byte[] bytes) {
    String header = "{'descr': '" + type + "', 'fortran_order': False, 'shape': (4,), }";
    return Npy.of("test", file(1, header, bytes)).readLongs();
  }

  static byte[] file(int version, String header, byte[] data) {
    byte[] text = header.getBytes(StandardCharsets.ISO_8859_1);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(NpyHeader.MAGIC);
    out.write(version);
    out.write(0);
    for (int i = 0; i < (version == 1 ? 2 : 4); i++) {
      out.write(text.length >> (8 * i));
    }
    out.writeBytes(text);
    out.writeBytes(data);
    return out.toByteArray();
  }
}
