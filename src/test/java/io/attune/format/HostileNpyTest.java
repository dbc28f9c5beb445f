package io.attune.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Array files that claim what is not so: each must end in one clear line. */
class HostileNpyTest {
  private static final String GOOD = header("<f4", "False", "(2,)");

  private final Map<String, byte[]> files = new LinkedHashMap<>();

  @TestFactory
  Stream<DynamicTest> refuses() {
    Npy.of("f", NpyTest.file(1, GOOD, new byte[8])).close();
    files();
    headers();
    assertTrue(files.size() >= 40, "only " + files.size());
    return files.entrySet().stream()
        .map(
            file ->
                DynamicTest.dynamicTest(
                    file.getKey(),
                    () -> {
                      InputException failure =
                          assertThrows(InputException.class, () -> Npy.of("f", file.getValue()));
                      String message = failure.getMessage();
                      assertTrue(message.startsWith("f: "), message);
                      assertEquals(1, message.lines().count(), message);
                      assertTrue(message.length() < 1000, message);
                    }));
  }

  private void files() {
    byte[] good = NpyTest.file(1, GOOD, new byte[8]);
    files.put("empty", new byte[0]);
    files.put("magic only", Arrays.copyOf(good, 6));
    files.put("eleven bytes", Arrays.copyOf(good, 11));
    files.put("header cut short", Arrays.copyOf(good, 40));
    files.put("data cut short", Arrays.copyOf(good, good.length - 1));
    files.put("a byte after the data", Arrays.copyOf(good, good.length + 1));
    files.put("wrong magic", with(good, 1, 'X'));
    files.put("version 0", with(good, 6, 0));
    files.put("version 4", with(good, 6, 4));
    files.put("version 1.1", with(good, 7, 1));
    files.put("version -1", with(good, 6, -1));
    files.put("version 1 length 65535", with(with(good, 8, -1), 9, -1));
    byte[] two = NpyTest.file(2, GOOD, new byte[8]);
    files.put(
        "version 2 length 2^32 - 1", with(with(with(with(two, 8, -1), 9, -1), 10, -1), 11, -1));
    files.put("version 2 length 2^31", with(two, 11, 0x80));
    files.put("header above 10,000 bytes", NpyTest.file(2, GOOD + " ".repeat(10_000), new byte[8]));
  }

  private void headers() {
    text("nothing", "");
    text("blanks", "   \n");
    text("not a dictionary", "[1]");
    text("unclosed", GOOD.substring(0, GOOD.length() - 1));
    text("after the brace", GOOD + "x");
    text("an expression", "__import__('os').system('true')");
    text("an expression as shape", header("<f4", "False", "(1+1,)"));
    text("missing key", "{'descr': '<f4', 'fortran_order': False}");
    text("unknown key", "{'descr': '<f4', 'fortran_order': False, 'shape': (2,), 'x': 1}");
    text(
        "duplicate key", "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2,)}");
    text("unclosed string", "{'descr");
    text("escape in a string", "{'des\\x63r': '<f4', 'fortran_order': False, 'shape': (2,)}");
    text("fortran_order 1", header("<f4", "1", "(2,)"));
    text("fortran_order true", header("<f4", "true", "(2,)"));
    text("shape is a list", header("<f4", "False", "[2]"));
    text("shape is a number", header("<f4", "False", "2"));
    text("shape without comma", header("<f4", "False", "(2)"));
    text("shape with two commas", header("<f4", "False", "(2,,)"));
    text("shape unclosed", header("<f4", "False", "(2,"));
    text("negative extent", header("<f4", "False", "(-2,)"));
    text("signed extent", header("<f4", "False", "(+2,)"));
    text("fractional extent", header("<f4", "False", "(2.0,)"));
    text("leading zero", header("<f4", "False", "(02,)"));
    text("hexadecimal extent", header("<f4", "False", "(0x2,)"));
    text("extent beyond 64 bits", header("<f4", "False", "(18446744073709551618,)"));
    text("product wraps", header("<f4", "False", "(4294967296, 4294967296)"));
    text("bytes wrap", header("<f8", "False", "(288230376151711744, 8)"));
    text("huge shape", header("<f4", "False", "(1000000000000,)"));
    text("scalar of four bytes with eight", header("<f4", "False", "()"));
    text("no elements with eight bytes", header("<f4", "False", "(0,)"));
    text("too many axes", header("<f4", "False", "(" + "1, ".repeat(65) + ")"));
    text("pickled objects", header("|O", "False", "(1,)"));
    text("text", header("<U2", "False", "(1,)"));
    text("complex", header("<c8", "False", "(1,)"));
    text("long double", header("<f16", "False", "(1,)"));
    text("no byte order", header("f4", "False", "(2,)"));
    text("bar before wide type", header("|f4", "False", "(2,)"));
    text("no type", header("", "False", "(2,)"));
    text("date", header("<M8[ns]", "False", "(1,)"));
    text("records", "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2,)}");
    text("type without quotes", "{'descr': <f4, 'fortran_order': False, 'shape': (2,)}");
  }

  private void text(String name, String header) {
    files.put(name, NpyTest.file(1, header, new byte[8]));
  }

  private static String header(String descr, String fortran, String shape) {
    return "{'descr': '" + descr + "', 'fortran_order': " + fortran + ", 'shape': " + shape + "}";
  }

  private static byte[] with(byte[] bytes, int at, int value) {
    byte[] changed = bytes.clone();
    changed[at] = (byte) value;
    return changed;
  }
}
