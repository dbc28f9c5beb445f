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

class Hdf5Test {
  @TempDir Path folder;

  @Test
  void givesBackWhatWasWritten() {
    Path path = written();
    try (Hdf5 file = Hdf5.open(path)) {
      assertEquals(Set.of("embeddings", "wide", "names"), file.datasets());
      assertEquals(Shape.of(3, 2), file.shape("embeddings"));
      assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6.5f}, file.readFloats("embeddings"));
      assertArrayEquals(new double[] {4, 6.5}, slice(file, "embeddings"));
      assertArrayEquals(new double[] {Math.PI, -0.0, 1e300}, file.readDoubles("wide"));
      assertEquals(List.of("a", "ice cream", "éa"), file.readStrings("names"));
      for (Runnable wrong :
          List.<Runnable>of(
              () -> file.readDoubles("none"),
              () -> file.readDoubles("names"),
              () -> file.readStrings("wide"))) {
        assertThrows(InputException.class, wrong::run);
      }
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> file.readDoubles("embeddings", new long[] {2, 0}, new int[] {2, 2}));
    }
  }

  @Test
  void isReadByH5py() throws IOException, InterruptedException {
    written();
    assertEquals(
        "float32 [[1.0, 2.0], [3.0, 4.0], [5.0, 6.5]] ['a', 'ice cream', 'éa']",
        Python.run(
            folder,
            "h5py",
            """
            with h5py.File('a.h5') as f:
                e = f['embeddings']
                print(e.dtype, e[:].tolist(), [s.decode() for s in f['names'][:]])
            """));
  }

  @Test
  void readsWhatH5pyWrites() throws IOException, InterruptedException {
    Python.run(
        folder,
        "numpy, h5py",
        """
        with h5py.File('p.h5', 'w') as f:
            a = numpy.arange(4 * 6 * 5 * 5, dtype='f8').reshape(4, 6, 5, 5)
            f.create_dataset('g/mat', data=a, chunks=(1, 2, 5, 5), compression='gzip', shuffle=True)
            f['ints'] = numpy.array([[1, -2], [3, 4]], dtype='i8')
            f['bytes'] = numpy.array([255, 0, 1], dtype='u1')
            f['scalar'] = 2.5
            f['names'] = ['x', 'yz']
            f['fixed'] = numpy.array([b'ab', b'c'])
        """);
    try (Hdf5 file = Hdf5.open(folder.resolve("p.h5"))) {
      assertEquals(Set.of("g/mat", "ints", "bytes", "scalar", "names", "fixed"), file.datasets());
      assertEquals(Shape.of(4, 6, 5, 5), file.shape("g/mat"));
      double[] slice = file.readDoubles("g/mat", new long[] {2, 3, 0, 0}, new int[] {1, 2, 5, 5});
      for (int i = 0; i < slice.length; i++) {
        assertEquals((2 * 6 + 3) * 25 + i, slice[i]);
      }
      assertArrayEquals(new double[] {1, -2, 3, 4}, file.readDoubles("ints"));
      assertArrayEquals(new double[] {255, 0, 1}, file.readDoubles("bytes"));
      assertArrayEquals(new float[] {2.5f}, file.readFloats("scalar"));
      assertEquals(List.of("x", "yz"), file.readStrings("names"));
      assertEquals(List.of("ab", "c"), file.readStrings("fixed"));
    }
  }

  @Test
  void refusesWhatIsNoHdf5() throws IOException {
    Path text = Files.writeString(folder.resolve("a.h5"), "x".repeat(5000));
    assertTrue(
        assertThrows(InputException.class, () -> Hdf5.open(text)).getMessage().contains("not an"));
    byte[] bytes = Files.readAllBytes(written());
    for (int length : new int[] {0, 8, 40, 100, 200}) {
      Path cut = Files.write(folder.resolve("c.h5"), Arrays.copyOf(bytes, length));
      assertThrows(
          InputException.class,
          () -> {
            try (Hdf5 file = Hdf5.open(cut)) {
              file.readDoubles("wide");
            }
          },
          "cut at " + length);
    }
  }

  private Path written() {
    Path path = folder.resolve("a.h5");
    new Hdf5Writer()
        .dataset("embeddings", Shape.of(3, 2), new float[] {1, 2, 3, 4, 5, 6.5f})
        .dataset("wide", Shape.of(3), new double[] {Math.PI, -0.0, 1e300})
        .strings("names", List.of("a", "ice cream", "éa"))
        .write(path);
    return path;
  }

  private static double[] slice(Hdf5 file, String name) {
    return file.readDoubles(name, new long[] {1, 1}, new int[] {2, 1});
  }
}
