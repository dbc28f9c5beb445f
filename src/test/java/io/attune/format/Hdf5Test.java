package io.attune.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.tensor.DType;
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
  void aFileCutShortIsToldBeforeAnythingIsRead() throws IOException {
    byte[] bytes = Files.readAllBytes(written());
    assertCutShort(bytes, 200, bytes.length / 2, bytes.length - 1);
  }

  /** MATLAB's files begin with a block of 512 bytes of their own, which the end counts. */
  @Test
  void soIsOneBehindAUserBlockOrWithTheOldSuperblock() throws IOException, InterruptedException {
    Python.run(
        folder,
        "numpy, h5py",
        """
        with h5py.File('m.mat', 'w', userblock_size=512) as f:
            f['mat'] = numpy.arange(300.0)
        with h5py.File('n.h5', 'w', libver='latest') as f:
            f['mat'] = numpy.arange(300.0)
        """);
    for (String name : List.of("m.mat", "n.h5")) {
      Hdf5.open(folder.resolve(name)).close();
      byte[] bytes = Files.readAllBytes(folder.resolve(name));
      assertCutShort(bytes, 700, bytes.length / 2, bytes.length - 1);
    }
  }

  private void assertCutShort(byte[] bytes, int... lengths) throws IOException {
    for (int kept : lengths) {
      Path cut = Files.write(folder.resolve("cut.h5"), Arrays.copyOf(bytes, kept));
      String message =
          assertThrows(InputException.class, () -> Hdf5.open(cut).close()).getMessage();
      assertTrue(
          message.contains("cut short: %d of %d bytes".formatted(kept, bytes.length)), message);
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
  void arraysWrittenPieceByPieceAreRead() throws IOException, InterruptedException {
    Shape shape = Shape.of(3, 4, 5, 5);
    double[] values = new double[300];
    for (int i = 0; i < values.length; i++) {
      values[i] = i == 7 ? Double.NaN : Math.sqrt(i) - 3;
    }
    Path path = folder.resolve("s.mat");
    try (Hdf5ArrayWriter writer = Hdf5ArrayWriter.create(path, "mat", DType.F64, shape)) {
      writer.append(values, 0, 123);
      assertThrows(IllegalStateException.class, writer::commit);
      assertFalse(Files.exists(path));
      assertThrows(IllegalArgumentException.class, () -> writer.append(values, 0, 178));
      writer.append(values, 123, 177);
      writer.commit();
    }
    try (Hdf5 file = Hdf5.open(path)) {
      assertEquals(Set.of("mat"), file.datasets());
      assertEquals(shape, file.shape("mat"));
      assertTrue(file.chunks("mat").isEmpty());
      assertArrayEquals(values, file.readDoubles("mat"));
      assertArrayEquals(
          Arrays.copyOfRange(values, 125, 150),
          file.readDoubles("mat", new long[] {1, 1, 0, 0}, new int[] {1, 1, 5, 5}));
    }
    assertEquals(
        "float64 (3, 4, 5, 5) True True",
        Python.run(
            folder,
            "numpy, h5py",
            """
            with h5py.File('s.mat') as f:
                m = f['mat'][:]
                right = numpy.sqrt(numpy.arange(300)) - 3
                nan = numpy.isnan(m.ravel())
                print(m.dtype, m.shape, nan.sum() == 1 and nan[7], (m.ravel() == right)[~nan].all())
            """));
  }

  @Test
  void arraysOfFloatsAreWrittenToo() throws IOException, InterruptedException {
    float[] values = new float[60];
    for (int i = 0; i < values.length; i++) {
      values[i] = i == 7 ? Float.NaN : (i - 30) * 0x1p-126f * (1 << i / 2);
    }
    Path path = folder.resolve("f.h5");
    Shape shape = Shape.of(3, 4, 5);
    try (Hdf5ArrayWriter writer = Hdf5ArrayWriter.create(path, "mat", DType.F32, shape)) {
      assertThrows(IllegalArgumentException.class, () -> writer.append(new double[1], 0, 1));
      writer.append(values, 0, 60);
      writer.commit();
    }
    try (Hdf5 file = Hdf5.open(path)) {
      assertEquals(shape, file.shape("mat"));
      assertArrayEquals(values, file.readFloats("mat"));
    }
    assertEquals(
        "float32 (3, 4, 5) True",
        Python.run(
            folder,
            "numpy, h5py",
            """
            with h5py.File('f.h5') as f:
                m = f['mat'][:]
                i = numpy.arange(60)
                right = (i - 30) * 2.0 ** (-126 + i // 2)
                right[7] = numpy.nan
                print(m.dtype, m.shape, numpy.array_equal(m.ravel(), right, equal_nan=True))
            """));
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
