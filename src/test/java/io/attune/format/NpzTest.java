package io.attune.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NpzTest {
  @TempDir Path folder;

  @Test
  void givesBackWhatWasWritten() throws IOException {
    Path file = written();
    byte[] bytes = Files.readAllBytes(file);
    assertArrayEquals(bytes, Files.readAllBytes(written()));
    try (Npz npz = Npz.open(file)) {
      assertEquals(Set.of("f", "d", "l"), npz.names());
      assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, npz.array("f").readFloats());
      assertEquals(Shape.of(2, 3), npz.array("f").shape());
      assertArrayEquals(new double[] {Math.E}, npz.array("d").readDoubles());
      assertArrayEquals(new long[] {-1, 1L << 40}, npz.array("l").readLongs());
      assertThrows(InputException.class, () -> npz.array("x"));
    }
  }

  @Test
  void isReadByNumpy() throws IOException, InterruptedException {
    written();
    assertEquals(
        "float32 [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]] 2.718281828459045 [-1, 1099511627776]",
        Python.run(
            folder,
            "numpy",
            """
            z = numpy.load('a.npz')
            print(z['f'].dtype, z['f'].tolist(), z['d'].item(), z['l'].tolist())
            """));
  }

  @Test
  void readsWhatNumpyWrites() throws IOException, InterruptedException {
    Python.run(
        folder,
        "numpy",
        """
        a = numpy.asfortranarray(numpy.arange(6, dtype='f8').reshape(2, 3))
        numpy.savez('s.npz', a=a, b=numpy.zeros(0, 'i4'))
        numpy.savez_compressed('c.npz', a=a, z=numpy.zeros((300, 300)))
        """);
    for (String name : new String[] {"s.npz", "c.npz"}) {
      try (Npz npz = Npz.open(folder.resolve(name))) {
        assertArrayEquals(new double[] {0, 1, 2, 3, 4, 5}, npz.array("a").readDoubles());
      }
    }
  }

  @Test
  void refusesDamage() throws IOException {
    byte[] bytes = Files.readAllBytes(written());
    for (int length : new int[] {0, 10, bytes.length / 2, bytes.length - 1}) {
      Path cut = Files.write(folder.resolve("cut.npz"), Arrays.copyOf(bytes, length));
      assertThrows(InputException.class, () -> Npz.open(cut));
    }
    for (int at = 40; at < bytes.length; at += 3) {
      byte[] changed = bytes.clone();
      changed[at] ^= 0x55;
      Path file = Files.write(folder.resolve("changed.npz"), changed);
      try (Npz npz = Npz.open(file)) {
        for (String name : npz.names()) {
          npz.array(name);
        }
      } catch (InputException e) {
        assertTrue(e.getMessage().startsWith(file.toString()), e.getMessage());
      }
    }
    Path text = folder.resolve("text.npz");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(text))) {
      zip.putNextEntry(new ZipEntry("a.npy"));
      zip.write("not an array".getBytes(StandardCharsets.UTF_8));
    }
    try (Npz npz = Npz.open(text)) {
      assertThrows(InputException.class, () -> npz.array("a"));
    }
  }

  private Path written() {
    Path file = folder.resolve("a.npz");
    new Npz.Writer()
        .array("f", Shape.of(2, 3), new float[] {1, 2, 3, 4, 5, 6})
        .array("d", Shape.of(), new double[] {Math.E})
        .array("l", Shape.of(2), new long[] {-1, 1L << 40})
        .write(file);
    return file;
  }
}
