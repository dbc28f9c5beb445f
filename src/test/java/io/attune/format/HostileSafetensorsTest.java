package io.attune.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Headers that claim what is not so: each must end in one clear line. */
class HostileSafetensorsTest {
  private static final String A = "\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}";

  private final Map<String, byte[]> files = new LinkedHashMap<>();

  @TestFactory
  Stream<DynamicTest> refuses() {
    lengths();
    syntax();
    tensors();
    offsets();
    assertTrue(files.size() >= 60, "only " + files.size());
    return files.entrySet().stream()
        .map(
            file ->
                DynamicTest.dynamicTest(
                    file.getKey(),
                    () -> {
                      InputException failure =
                          assertThrows(
                              InputException.class, () -> Safetensors.of("f", file.getValue()));
                      String message = failure.getMessage();
                      assertTrue(message.startsWith("f: "), message);
                      assertEquals(1, message.lines().count(), message);
                      assertTrue(message.length() < 1000, message);
                    }));
  }

  @Test
  void acceptsWhatTheRulesAllow() {
    for (String header :
        new String[] {
          "{}",
          "{}      ",
          "{\"__metadata__\":{}}",
          "{" + A + "}",
          "{ \"s\" : {\"data_offsets\":[0,8],\"shape\":[],\"dtype\":\"F64\"}}",
          "{\"e\":{\"dtype\":\"F32\",\"shape\":[0,4611686018427387904],\"data_offsets\":[8,8]},"
              + A
              + "}",
          "{\"e\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}," + A + "}"
        }) {
      Safetensors.of("f", file(header, header.contains("[0,8]") ? 8 : 0)).close();
    }
  }

  private void lengths() {
    files.put("empty file", new byte[0]);
    files.put("seven bytes", new byte[7]);
    files.put("length zero", withLength(0, "{}"));
    files.put("length beyond the file", withLength(3, "{}"));
    files.put("length far beyond the file", withLength(99_999_999, "{}"));
    files.put("length above the limit", withLength(100_000_001, "{}"));
    files.put("length 2^31", withLength(1L << 31, "{}"));
    files.put("length 2^32 + 2", withLength((1L << 32) + 2, "{}"));
    files.put("length 2^63 - 1", withLength(Long.MAX_VALUE, "{}"));
    files.put("length 2^63 - 8", withLength(Long.MAX_VALUE - 7, "{}"));
    files.put("length -1", withLength(-1, "{}"));
    files.put("length -2^63", withLength(Long.MIN_VALUE, "{}"));
    files.put("length of one byte too few", withLength(1, "{}"));
    byte[] whole = file("{" + A + "}", 8);
    files.put("data cut short", Arrays.copyOf(whole, whole.length - 1));
    files.put("data missing", Arrays.copyOf(whole, whole.length - 8));
    files.put("header cut short", Arrays.copyOf(whole, 30));
    files.put("a byte after the data", Arrays.copyOf(whole, whole.length + 1));
  }

  private void syntax() {
    text("blank before the brace", " {}");
    text("an array", "[]");
    text("a string", "\"\"");
    text("null", "null");
    text("unclosed", "{" + A);
    text("unclosed string", "{\"a");
    text("something after the brace", "{" + A + "}x");
    text("two objects", "{}{}");
    text("trailing comma", "{" + A + ",}");
    text("comment", "{/**/" + A + "}");
    text("single quotes", "{'a':1}");
    text("unquoted name", "{a:1}");
    text("NUL padding", "{}\0\0\0\0\0\0");
    text("duplicate tensor", "{" + A + "," + A + "}");
    text("duplicate tensor in escapes", "{" + A + "," + A.replace("\"a\"", "\"\\u0061\"") + "}");
    text("duplicate metadata", "{\"__metadata__\":{},\"__metadata__\":{}," + A + "}");
    text("duplicate metadata key", "{\"__metadata__\":{\"x\":\"1\",\"x\":\"2\"}," + A + "}");
    text("half a surrogate pair", "{" + A.replace("\"a\"", "\"\\ud800\"") + "}");
    text("control character in a name", "{" + A.replace("\"a\"", "\"\n\"") + "}");
    text("deep arrays", "{\"a\":" + "[".repeat(100_000));
    text("deep objects", "{\"a\":".repeat(100_000));
    text("deep shape", "{\"a\":{\"dtype\":\"F32\",\"shape\":" + "[".repeat(5000));
    text("metadata is a list", "{\"__metadata__\":[]," + A + "}");
    text("metadata holds a number", "{\"__metadata__\":{\"x\":1}," + A + "}");
    text("metadata holds null", "{\"__metadata__\":{\"x\":null}," + A + "}");
    text("metadata holds an object", "{\"__metadata__\":{\"x\":{}}," + A + "}");
    files.put("invalid UTF-8", replace(file("{" + A + "}", 8), (byte) 'a', (byte) 0xff));
    files.put("cut UTF-8", replace(file("{" + A + "}", 8), (byte) 'a', (byte) 0xc3));
    files.put("overlong UTF-8", overlong());
    files.put("UTF-16", withBytes("{}".getBytes(StandardCharsets.UTF_16LE), 0));
  }

  private void tensors() {
    text("tensor is null", "{\"a\":null}");
    text("tensor is a list", "{\"a\":[]}");
    text("tensor is empty", "{\"a\":{}}");
    text("no dtype", tensor("\"shape\":[2],\"data_offsets\":[0,8]"));
    text("no shape", tensor("\"dtype\":\"F32\",\"data_offsets\":[0,8]"));
    text("no offsets", tensor("\"dtype\":\"F32\",\"shape\":[2]"));
    text("unknown key", tensor("\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"x\":1"));
    text(
        "duplicate key",
        tensor("\"dtype\":\"F32\",\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]"));
    text("unknown dtype", tensor("F99", "[2]", "[0,8]"));
    text("lower-case dtype", tensor("f32", "[2]", "[0,8]"));
    text("dtype is a number", tensor("\"dtype\":32,\"shape\":[2],\"data_offsets\":[0,8]"));
    text("dtype is null", tensor("\"dtype\":null,\"shape\":[2],\"data_offsets\":[0,8]"));
    text("shape is a number", tensor("F32", "2", "[0,8]"));
    text("shape is null", tensor("F32", "null", "[0,8]"));
    text("negative extent", tensor("F32", "[-2]", "[0,8]"));
    text("two negative extents", tensor("F32", "[-1,-2]", "[0,8]"));
    text("fractional extent", tensor("F32", "[2.0]", "[0,8]"));
    text("exponent extent", tensor("F32", "[2e0]", "[0,8]"));
    text("extent is a string", tensor("F32", "[\"2\"]", "[0,8]"));
    text("extent is a list", tensor("F32", "[[2]]", "[0,8]"));
    text("extent beyond 64 bits", tensor("F32", "[18446744073709551618]", "[0,8]"));
    text("extent of 2000 digits", tensor("F32", "[" + "9".repeat(2000) + "]", "[0,8]"));
    text("extent NaN", tensor("F32", "[NaN]", "[0,8]"));
    text("product wraps to 2", tensor("U8", "[9223372036854775807,2]", "[0,8]"));
    text("product wraps to 0", tensor("F32", "[4294967296,4294967296]", "[0,0]"));
    text("bytes wrap to 8", tensor("F32", "[4611686018427387906]", "[0,8]"));
    text("huge shape", tensor("F32", "[1000000000000]", "[0,8]"));
    text("overflow hidden by a zero", tensor("F32", "[4611686018427387904,4,0]", "[0,0]"));
    text("a million extents", tensor("F32", "[" + "7,".repeat(1_000_000) + "2]", "[0,8]"));
  }

  private void offsets() {
    text("offsets not a list", tensor("F32", "[2]", "8"));
    text("one offset", tensor("F32", "[2]", "[0]"));
    text("three offsets", tensor("F32", "[2]", "[0,8,8]"));
    text("no offset", tensor("F32", "[2]", "[]"));
    text("offsets reversed", tensor("F32", "[2]", "[8,0]"));
    text("negative offset", tensor("F32", "[2]", "[-8,0]"));
    text("offsets beyond the file", tensor("F32", "[2]", "[8,16]"));
    text("end at 2^63 - 1", tensor("U8", "[9223372036854775807]", "[0,9223372036854775807]"));
    text("offset beyond 64 bits", tensor("F32", "[2]", "[0,9223372036854775808]"));
    text("offsets too wide", tensor("F32", "[1]", "[0,8]"));
    text("offsets too narrow", tensor("F32", "[3]", "[0,8]"));
    text("scalar without bytes", tensor("F32", "[]", "[0,0]"));
    text("empty tensor with bytes", tensor("F32", "[0]", "[0,8]"));
    text("gap at the start", tensor("F32", "[1]", "[4,8]"));
    text("gap at the end", tensor("F32", "[1]", "[0,4]"));
    text("the same bytes twice", "{" + A + "," + A.replace("\"a\"", "\"b\"") + "}");
    text("overlap", "{" + two("[1]", "[0,4]", "[3]", "[0,12]"));
    text("overlap by a byte", "{" + two("[1]", "[0,4]", "[1]", "[3,7]"));
    text("gap between", "{" + two("[1]", "[0,4]", "[1]", "[5,9]"));
    text("data without tensors", "{}");
    text("metadata as the only owner", "{\"__metadata__\":{}}");
  }

  private static String two(String shapeA, String a, String shapeB, String b) {
    String first = tensor("F32", shapeA, a);
    String second = tensor("F32", shapeB, b).replace("\"a\"", "\"b\"");
    return first.substring(1, first.length() - 1) + "," + second.substring(1);
  }

  private static String tensor(String dtype, String shape, String offsets) {
    return tensor(
        "\"dtype\":\"%s\",\"shape\":%s,\"data_offsets\":%s".formatted(dtype, shape, offsets));
  }

  private static String tensor(String fields) {
    return "{\"a\":{" + fields + "}}";
  }

  /** A header before eight bytes of data. */
  private void text(String name, String header) {
    files.put(name, file(header, 8));
  }

  private static byte[] file(String header, int dataBytes) {
    return withBytes(header.getBytes(StandardCharsets.UTF_8), dataBytes);
  }

  private static byte[] withLength(long length, String header) {
    return ByteBuffer.allocate(8 + header.length())
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(length)
        .put(header.getBytes(StandardCharsets.UTF_8))
        .array();
  }

  private static byte[] withBytes(byte[] header, int dataBytes) {
    return ByteBuffer.allocate(8 + header.length + dataBytes)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(header.length)
        .put(header)
        .array();
  }

  private static byte[] replace(byte[] bytes, byte from, byte to) {
    int at = 8;
    while (bytes[at] != from) {
      at++;
    }
    bytes[at] = to;
    return bytes;
  }

  private static byte[] overlong() {
    byte[] bytes = file("{" + A.replace("\"a\"", "\"aa\"") + "}", 8);
    bytes[10] = (byte) 0xc1;
    bytes[11] = (byte) 0xa1;
    return bytes;
  }
}
