package io.attune.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.attune.InputException;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsTest {
  @TempDir Path folder;

  @Test
  void givesBackWhatWasWritten() {
    Path file = folder.resolve("a.safetensors");
    float[] odd = new float[3 * 5 * 7];
    for (int i = 0; i < odd.length; i++) {
      odd[i] = (float) Math.sin(i) * 1e3f;
    }
    double[] wide = {Math.PI, -0.0, Double.MIN_VALUE, Double.MAX_VALUE};
    new SafetensorsWriter()
        .metadata("format", "pt")
        .metadata("a", "\"quoted\" \u00e9\n")
        .tensor("odd", Shape.of(3, 5, 7), odd)
        .tensor("scalar", Shape.of(), new float[] {4.6f})
        .tensor("empty", Shape.of(0, 4), new float[0])
        .tensor("wide", Shape.of(4), wide)
        .tensor("half", DType.F16, Shape.of(2), new float[] {1.5f, -65504})
        .tensor("brain", DType.BF16, Shape.of(2), new float[] {1.5f, -3e38f})
        .tensor("ids", DType.I64, Shape.of(2, 2), new long[] {0, -1, Long.MAX_VALUE, 49407})
        .tensor("ints", DType.I32, Shape.of(3), new long[] {1, -2, Integer.MAX_VALUE})
        .tensor("flags", DType.BOOL, Shape.of(3), new long[] {1, 0, 1})
        .tensor("bytes", DType.U8, Shape.of(3), new long[] {255, 0, 128})
        .write(file);
    try (TensorSource source = TensorSource.open(file)) {
      assertEquals(
          Set.of(
              "odd", "scalar", "empty", "wide", "half", "brain", "ids", "ints", "flags", "bytes"),
          source.names());
      assertEquals(Map.of("format", "pt", "a", "\"quoted\" \u00e9\n"), source.metadata());
      assertEquals(new TensorInfo("odd", DType.F32, Shape.of(3, 5, 7)), source.info("odd"));
      assertArrayEquals(odd, source.read("odd"));
      assertArrayEquals(new float[] {4.6f}, source.read("scalar"));
      assertEquals(0, source.read("empty").length);
      assertArrayEquals(wide, source.readDoubles("wide"));
      assertArrayEquals(new float[] {1.5f, -65504}, source.read("half"));
      assertArrayEquals(new double[] {1.5, -65504}, source.readDoubles("half"));
      assertEquals(-3e38f, source.read("brain")[1], 2e36f);
      assertArrayEquals(new long[] {0, -1, Long.MAX_VALUE, 49407}, source.readLongs("ids"));
      assertArrayEquals(new int[] {1, -2, Integer.MAX_VALUE}, source.readInts("ints"));
      assertArrayEquals(new long[] {1, 0, 1}, source.readLongs("flags"));
      assertArrayEquals(new long[] {255, 0, 128}, source.readLongs("bytes"));
    }
  }

  @Test
  void readsRangesAcrossChunks() {
    int n = 200_003;
    float[] values = new float[n];
    for (int i = 0; i < n; i++) {
      values[i] = i % 2048;
    }
    Path file = folder.resolve("a.safetensors");
    var writer = new SafetensorsWriter();
    for (DType type : List.of(DType.F32, DType.F16, DType.F64)) {
      writer.tensor(
          type.name(),
          type,
          Shape.of(n),
          (from, into, count) -> System.arraycopy(values, (int) from, into, 0, count));
    }
    writer.write(file);
    try (TensorSource source = TensorSource.open(file)) {
      for (String name : source.names()) {
        assertArrayEquals(values, source.read(name), name);
        float[] into = new float[20_002];
        source.read(name, 100_001, into, 1, 20_001);
        for (int i = 0; i < 20_001; i++) {
          assertEquals(values[100_001 + i], into[i + 1], name);
        }
        assertThrows(
            IndexOutOfBoundsException.class, () -> source.read(name, n - 1, into, 0, 2), name);
      }
    }
  }

  /** Beyond what a Java buffer can map: a file with a hole, which takes no room on the disk. */
  @Test
  void mapsFilesBeyondTwoGigabytes() throws IOException {
    long elements = 800_000_000;
    String reason = "skipped: no room for a sparse file of 3.2 GB in " + folder;
    boolean isSparse =
        Files.getFileStore(folder).supportsFileAttributeView("posix")
            && Files.getFileStore(folder).getUsableSpace() > 8 * elements;
    if (!isSparse) {
      System.out.println(reason);
    }
    assumeTrue(isSparse, reason);
    String header =
        "{\"a\":{\"dtype\":\"F32\",\"shape\":[%d],\"data_offsets\":[0,%d]}}"
            .formatted(elements, 4 * elements);
    Path file = folder.resolve("large.safetensors");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      ByteBuffer start = ByteBuffer.allocate(8 + header.length()).order(ByteOrder.LITTLE_ENDIAN);
      channel.write(start.putLong(header.length()).put(header.getBytes()).flip());
      ByteBuffer end = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(7.5f).flip();
      channel.write(end, 8 + header.length() + 4 * (elements - 1));
    }
    try (TensorSource source = TensorSource.open(file)) {
      float[] last = new float[3];
      source.read("a", elements - 3, last, 0, 3);
      assertArrayEquals(new float[] {0, 0, 7.5f}, last);
    }
  }

  @Test
  void writesTheSameBytesWhateverTheOrder() throws IOException {
    Path one = folder.resolve("1.safetensors");
    Path two = folder.resolve("2.safetensors");
    float[] values = {1, 2};
    new SafetensorsWriter()
        .metadata("x", "1")
        .metadata("a", "2")
        .tensor("b", Shape.of(2), values)
        .tensor("h", DType.F16, Shape.of(2), values)
        .tensor("a", Shape.of(2), values)
        .write(one);
    new SafetensorsWriter()
        .metadata("a", "2")
        .metadata("x", "1")
        .tensor("a", Shape.of(2), values)
        .tensor("b", Shape.of(2), values)
        .tensor("h", DType.F16, Shape.of(2), values)
        .write(two);
    byte[] bytes = Files.readAllBytes(one);
    assertArrayEquals(bytes, Files.readAllBytes(two));
    long header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    assertEquals(0, header % 8);
    assertEquals(8 + header + 8 + 8 + 4, bytes.length);
  }

  @Test
  void tellsWhatIsMissingOrOfAnotherType() {
    Path file = folder.resolve("a.safetensors");
    new SafetensorsWriter()
        .tensor("w", Shape.of(2), new float[2])
        .tensor("i", DType.I64, Shape.of(1), new long[] {1L << 40})
        .write(file);
    try (TensorSource source = TensorSource.open(file)) {
      assertMessage(() -> source.read("v"), "no tensor named v");
      assertMessage(() -> source.read("i"), "tensor i is I64");
      assertMessage(() -> source.readLongs("w"), "tensor w is F32");
      assertMessage(() -> source.readInts("i"), "beyond 32 bits");
      assertMessage(() -> source.require("w", Shape.of(3)), "shape [2], expected [3]");
    }
    assertMessage(() -> TensorSource.open(folder.resolve("none.safetensors")), "no such file");
  }

  @Test
  void saysHowToConvertPickledFiles() throws IOException {
    Path zip = Files.write(folder.resolve("weights.safetensors"), zipHead());
    assertMessage(() -> TensorSource.open(zip), "weights_only=True");
    Path folderOfBin = Files.createDirectory(folder.resolve("model"));
    Files.write(folderOfBin.resolve("pytorch_model.bin"), new byte[] {1});
    assertMessage(() -> TensorSource.open(folderOfBin), "pytorch_model.safetensors");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertMessage(() -> TensorSource.open(empty), "expected model.safetensors");
  }

  @Test
  void roundsHalvesToNearestEven() {
    assertEquals((short) 0x3f80, HalfFloats.toBf16(1.0f));
    assertEquals((short) 0x3f80, HalfFloats.toBf16(Float.intBitsToFloat(0x3f808000)));
    assertEquals((short) 0x3f82, HalfFloats.toBf16(Float.intBitsToFloat(0x3f818000)));
    assertEquals((short) 0x3f81, HalfFloats.toBf16(Float.intBitsToFloat(0x3f808001)));
    assertTrue(
        Float.isNaN(HalfFloats.fromBf16(HalfFloats.toBf16(Float.intBitsToFloat(0x7f800001)))));
    assertEquals(Float.POSITIVE_INFINITY, HalfFloats.fromBf16(HalfFloats.toBf16(Float.MAX_VALUE)));
    assertEquals((short) 0x3c00, HalfFloats.toF16(1.0f));
    for (int bits = Short.MIN_VALUE; bits <= Short.MAX_VALUE; bits++) {
      float value = HalfFloats.fromBf16((short) bits);
      if (!Float.isNaN(value)) {
        assertEquals((short) bits, HalfFloats.toBf16(value));
      }
    }
  }

  @Test
  void readsShards() throws IOException {
    shard("s1.safetensors", "a");
    shard("s2.safetensors", "b");
    Path index = index("{\"a\":\"s1.safetensors\",\"b\":\"s2.safetensors\"}");
    try (TensorSource source = TensorSource.open(folder)) {
      assertEquals(Set.of("a", "b"), source.names());
      assertEquals("12", source.metadata().get("total_size"));
      assertArrayEquals(new float[] {'b', 2}, source.read("b"));
      assertMessage(() -> source.info("c"), "no tensor named c");
    }
    assertTrue(Files.exists(index));
  }

  @Test
  void refusesBadIndexes() throws IOException {
    shard("s1.safetensors", "a");
    Map<String, String> expectedByMap =
        Map.of(
            "{\"a\":\"s1.safetensors\",\"b\":\"s2.safetensors\"}", "s2.safetensors is missing",
            "{\"b\":\"s1.safetensors\"}", "tensor b should be in shard",
            "{\"a\":\"../s1.safetensors\"}", "inside the model's folder",
            "{\"a\":\"x/../../s1.safetensors\"}", "inside the model's folder",
            "{\"a\":\"/etc/passwd\"}", "inside the model's folder",
            "{\"a\":\"C:\\\\x\"}", "inside the model's folder",
            "{\"a\":\"\"}", "inside the model's folder",
            "{\"a\":7}", "is not the name of a file",
            "{\"a\":\"s1.safetensors\",\"a\":\"s1.safetensors\"}", "malformed JSON",
            "[]", "weight_map");
    for (var entry : expectedByMap.entrySet()) {
      Path index = index(entry.getKey());
      assertMessage(() -> TensorSource.open(index), entry.getValue());
    }
  }

  private void shard(String file, String name) {
    new SafetensorsWriter()
        .tensor(name, Shape.of(2), new float[] {name.charAt(0), 2})
        .write(folder.resolve(file));
  }

  private Path index(String weightMap) throws IOException {
    return Files.writeString(
        folder.resolve("model.safetensors.index.json"),
        "{\"metadata\":{\"total_size\":12},\"weight_map\":" + weightMap + "}");
  }

  private static byte[] zipHead() {
    return new byte[] {'P', 'K', 3, 4, 0, 0, 0, 0, 0, 0};
  }

  private static void assertMessage(Runnable action, String expected) {
    InputException failure = assertThrows(InputException.class, action::run);
    assertTrue(failure.getMessage().contains(expected), failure.getMessage());
    assertEquals(1, failure.getMessage().lines().count(), failure.getMessage());
  }
}
