package io.attune.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Array files both ways against numpy, and safetensors as its published layout reads in Python. */
class NumpyInteroperabilityTest {
  @TempDir Path folder;

  @Test
  void readsWhatNumpyWrites() throws IOException, InterruptedException {
    Python.run(
        folder,
        "numpy",
        """
        a = numpy.arange(-12, 12).reshape(2, 3, 4)
        for kind in ('i1', 'i2', 'i4', 'i8', 'f2', 'f4', 'f8'):
            for order in '<>':
                for layout in 'CF':
                    for version in (1, 2, 3):
                        name = f"{kind}{'l' if order == '<' else 'b'}{layout}{version}.npy"
                        with open(name, 'wb') as file:
                            numpy.lib.format.write_array(
                                file, numpy.array(a, dtype=order + kind, order=layout), (version, 0))
        """);
    for (String kind : new String[] {"i1", "i2", "i4", "i8", "f2", "f4", "f8"}) {
      for (String order : new String[] {"l", "b"}) {
        for (String layout : new String[] {"C", "F"}) {
          for (int version = 1; version <= 3; version++) {
            String name = kind + order + layout + version + ".npy";
            try (Npy npy = Npy.open(folder.resolve(name))) {
              assertEquals(Shape.of(2, 3, 4), npy.shape(), name);
              for (int i = 0; i < 24; i++) {
                double found = kind.startsWith("f") ? npy.readDoubles()[i] : npy.readLongs()[i];
                assertEquals(i - 12, found, name);
              }
            }
          }
        }
      }
    }
  }

  @Test
  void writesWhatNumpyReads() throws IOException, InterruptedException {
    NpyWriter.write(folder.resolve("f.npy"), Shape.of(2, 2), new float[] {1, 2, 3, 4.5f});
    NpyWriter.write(folder.resolve("s.npy"), Shape.of(), new double[] {Math.PI});
    NpyWriter.write(folder.resolve("l.npy"), Shape.of(0, 3), new long[0]);
    try (NpyWriter writer = NpyWriter.create(folder.resolve("b.npy"), DType.BOOL, Shape.of(2))) {
      writer.append(new long[] {1, 0}, 0, 2);
      writer.commit();
    }
    assertEquals(
        "float32 [[1.0, 2.0], [3.0, 4.5]] 3.141592653589793 () int64 (0, 3) [True, False]",
        Python.run(
            folder,
            "numpy",
            """
            f, s, l, b = (numpy.load(n + '.npy') for n in 'fslb')
            print(f.dtype, f.tolist(), s.item(), s.shape, l.dtype, l.shape, b.tolist())
            """));
  }

  @Test
  void writesSafetensorsAsPublished() throws IOException, InterruptedException {
    new SafetensorsWriter()
        .metadata("format", "pt")
        .tensor("f", Shape.of(2, 2), new float[] {1, 2, 3, 4.5f})
        .tensor("h", DType.F16, Shape.of(2), new float[] {0.5f, -2})
        .tensor("i", DType.I64, Shape.of(), new long[] {-7})
        .write(folder.resolve("a.safetensors"));
    assertEquals(
        "pt f [[1.0, 2.0], [3.0, 4.5]] h [0.5, -2.0] i -7",
        Python.run(
            folder,
            "numpy, json, struct",
            """
            raw = open('a.safetensors', 'rb').read()
            length, = struct.unpack('<Q', raw[:8])
            header = json.loads(raw[8:8 + length])
            out = [header.pop('__metadata__')['format']]
            kinds = {'F32': '<f4', 'F16': '<f2', 'I64': '<i8'}
            for name, info in sorted(header.items()):
                begin, end = (8 + length + x for x in info['data_offsets'])
                a = numpy.frombuffer(raw[begin:end], kinds[info['dtype']]).reshape(info['shape'])
                out += [name, a.tolist()]
            print(*out)
            """));
  }

  @Test
  void widensEveryHalfAsNumpyDoes() throws IOException, InterruptedException {
    Python.run(
        folder,
        "numpy",
        """
        h = numpy.arange(65536, dtype='u2').view('f2')
        h = h[numpy.isfinite(h)]
        numpy.save('h.npy', h)
        numpy.save('w.npy', h.astype('f4'))
        """);
    try (Npy half = Npy.open(folder.resolve("h.npy"));
        Npy wide = Npy.open(folder.resolve("w.npy"))) {
      assertArrayEquals(wide.readFloats(), half.readFloats());
      for (float value : wide.readFloats()) {
        assertEquals(value, HalfFloats.fromF16(HalfFloats.toF16(value)));
      }
    }
  }
}
