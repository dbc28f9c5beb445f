package io.attune.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.format.Mat5File;
import us.hebi.matlab.mat.types.Cell;
import us.hebi.matlab.mat.types.Matrix;

class MatFileTest {
  @TempDir Path folder;

  @Test
  void readsNumbersAndStrings() throws IOException {
    Path path = folder.resolve("a.mat");
    Matrix matrix = Mat5.newMatrix(new int[] {2, 3, 2});
    for (int i = 0; i < 12; i++) {
      matrix.setDouble(
          new int[] {i % 2, i / 2 % 3, i / 6}, 100 * (i % 2) + 10 * (i / 2 % 3) + i / 6);
    }
    Cell cell = Mat5.newCell(3, 1);
    cell.set(0, Mat5.newString("ice cream")).set(1, Mat5.newString("")).set(2, Mat5.newString("é"));
    Cell mixed = Mat5.newCell(1, 1).set(0, Mat5.newScalar(1));
    try (Mat5File file = Mat5.newMatFile()) {
      file.addArray("m", matrix).addArray("c", cell).addArray("x", mixed);
      file.addArray("z", Mat5.newComplexScalar(1, 2));
      Mat5.writeToFile(file, path.toFile());
    }
    try (MatFile file = MatFile.open(path)) {
      assertEquals(Set.of("m", "c", "x", "z"), file.names());
      NumericArray numbers = file.numbers("m");
      assertEquals(Shape.of(2, 3, 2), numbers.shape());
      assertArrayEquals(
          new double[] {0, 1, 10, 11, 20, 21, 100, 101, 110, 111, 120, 121}, numbers.values());
      assertEquals(List.of("ice cream", "", "é"), file.strings("c"));
      assertThrows(InputException.class, () -> numbers.rows("m"));
      for (Runnable wrong :
          List.<Runnable>of(
              () -> file.numbers("none"),
              () -> file.numbers("c"),
              () -> file.numbers("z"),
              () -> file.strings("m"),
              () -> file.strings("x"))) {
        InputException failure = assertThrows(InputException.class, wrong::run);
        assertEquals(1, failure.getMessage().lines().count());
        assertTrue(failure.getMessage().startsWith(path.toString()), failure.getMessage());
      }
    }
  }

  @Test
  void refusesWhatIsNoMatlabFile() throws IOException {
    for (byte[] bytes : List.of(new byte[0], new byte[5], new byte[400], "MATLAB 5.0".getBytes())) {
      Path path = Files.write(folder.resolve("a.mat"), bytes);
      assertThrows(InputException.class, () -> numbers(path));
    }
  }

  @Test
  void refusesTruncatedFiles() throws IOException {
    Path path = folder.resolve("a.mat");
    try (Mat5File file = Mat5.newMatFile()) {
      Mat5.writeToFile(file.addArray("m", Mat5.newMatrix(20, 20)), path.toFile());
    }
    byte[] bytes = Files.readAllBytes(path);
    for (int length = 130; length < bytes.length; length += 7) {
      Path cut = Files.write(folder.resolve("b.mat"), Arrays.copyOf(bytes, length));
      assertThrows(InputException.class, () -> numbers(cut), "cut at " + length);
    }
  }

  @Test
  void readsWhatScipyWrites() throws IOException, InterruptedException {
    Python.run(
        folder,
        "numpy, scipy.io",
        """
        scipy.io.savemat('s.mat', {
            'f': numpy.arange(6, dtype='f4').reshape(2, 3),
            'i': numpy.array([[1, 2], [3, -4]], dtype='i2'),
            'c': numpy.array(['a', 'bc d'], dtype=object).reshape(2, 1),
            't': numpy.array(['ab', 'c'])}, do_compression=True)
        """);
    try (MatFile file = MatFile.open(folder.resolve("s.mat"))) {
      assertArrayEquals(new double[][] {{0, 1, 2}, {3, 4, 5}}, file.numbers("f").rows("f"));
      assertArrayEquals(new double[][] {{1, 2}, {3, -4}}, file.numbers("i").rows("i"));
      assertEquals(List.of("a", "bc d"), file.strings("c"));
      assertEquals(List.of("ab", "c"), file.strings("t"));
    }
  }

  @Test
  void readsMatlab73AsHdf5() throws IOException, InterruptedException {
    Python.run(
        folder,
        "numpy, h5py",
        """
        with h5py.File('v.mat', 'w', userblock_size=512) as f:
            f['mat'] = numpy.array([[0., 1.], [10., 11.], [20., 21.]])
        with open('v.mat', 'r+b') as f:
            f.write(b'MATLAB 7.3 MAT-file'.ljust(116) + bytes(8) + b'\\x00\\x02IM')
        """);
    try (MatFile file = MatFile.open(folder.resolve("v.mat"))) {
      assertEquals(Set.of("mat"), file.names());
      assertArrayEquals(new double[][] {{0, 10, 20}, {1, 11, 21}}, file.numbers("mat").rows("mat"));
      assertTrue(
          assertThrows(InputException.class, () -> file.strings("mat"))
              .getMessage()
              .contains("-v7"));
    }
  }

  private static NumericArray numbers(Path path) {
    try (MatFile file = MatFile.open(path)) {
      return file.numbers("m");
    }
  }
}
