package io.attune.format;

import io.attune.InputException;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/**
 * The header of a {@code .npy} file: a Python dictionary with exactly the keys {@code descr},
 * {@code fortran_order} and {@code shape}. It is parsed as the few literals that numpy writes, not
 * evaluated.
 *
 * @param order byte order of the elements
 */
record NpyHeader(DType dtype, ByteOrder order, boolean fortranOrder, Shape shape) {
  static final int LONGEST = 10_000;
  static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};

  private static final int ALIGNMENT = 64;
  private static final int DEEPEST = 64;
  private static final int LONGEST_STRING = 64;

  /** Parses the dictionary. */
  static NpyHeader parse(String text, String file) {
    return new Parser(text, file).header();
  }

  /** Magic, version 1.0, length and dictionary, padded so that the data begin at a 64th byte. */
  static byte[] write(DType dtype, Shape shape) {
    String dims =
        LongStream.of(shape.dims()).mapToObj(Long::toString).collect(Collectors.joining(", "));
    String text =
        "{'descr': '%s', 'fortran_order': False, 'shape': (%s%s), }"
            .formatted(descr(dtype), dims, shape.rank() == 1 ? "," : "");
    int start = MAGIC.length + 4;
    int total = (start + text.length() + 1 + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    byte[] bytes = new byte[total];
    Arrays.fill(bytes, (byte) ' ');
    System.arraycopy(MAGIC, 0, bytes, 0, MAGIC.length);
    bytes[6] = 1;
    bytes[7] = 0;
    bytes[8] = (byte) (total - start);
    bytes[9] = (byte) ((total - start) >> 8);
    byte[] ascii = text.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(ascii, 0, bytes, start, ascii.length);
    bytes[total - 1] = '\n';
    return bytes;
  }

  private static String descr(DType dtype) {
    return switch (dtype) {
      case BOOL -> "|b1";
      case U8 -> "|u1";
      case I8 -> "|i1";
      case F16, F32, F64 -> "<f" + dtype.bytes();
      case I16, I32, I64 -> "<i" + dtype.bytes();
      case U16, U32, U64 -> "<u" + dtype.bytes();
      case BF16 -> throw new IllegalArgumentException("numpy has no BF16; store F32");
    };
  }

  /** A reader of one dictionary of literals. */
  private static final class Parser {
    private final String text;
    private final String file;
    private int at;

    Parser(String text, String file) {
      this.text = text;
      this.file = file;
    }

    NpyHeader header() {
      Set<String> seen = new HashSet<>();
      String descr = null;
      boolean fortran = false;
      Shape shape = null;
      expect('{');
      while (!take('}')) {
        String key = string();
        if (!seen.add(key)) {
          throw bad("key '" + key + "' is given twice");
        }
        expect(':');
        switch (key) {
          case "descr" -> descr = descr();
          case "fortran_order" -> fortran = bool();
          case "shape" -> shape = shape();
          default -> throw bad("unknown key '" + key + "'");
        }
        if (!take(',')) {
          expect('}');
          break;
        }
      }
      blanks();
      if (at != text.length()) {
        throw bad("there is something after the closing brace");
      }
      if (seen.size() != 3) {
        throw bad("expected descr, fortran_order and shape, found " + new TreeSet<>(seen));
      }
      return typed(descr, fortran, shape);
    }

    private NpyHeader typed(String descr, boolean fortran, Shape shape) {
      if (descr.matches("\\|?O.*")) {
        throw bad("it holds pickled Python objects; save it again as numbers");
      }
      DType dtype =
          switch (descr.substring(Math.min(1, descr.length()))) {
            case "b1" -> DType.BOOL;
            case "u1" -> DType.U8;
            case "i1" -> DType.I8;
            case "u2" -> DType.U16;
            case "i2" -> DType.I16;
            case "u4" -> DType.U32;
            case "i4" -> DType.I32;
            case "u8" -> DType.U64;
            case "i8" -> DType.I64;
            case "f2" -> DType.F16;
            case "f4" -> DType.F32;
            case "f8" -> DType.F64;
            default -> null;
          };
      char order = descr.isEmpty() ? ' ' : descr.charAt(0);
      boolean orderFits = order == '<' || order == '>' || (order == '|' && is(dtype, 1));
      if (dtype == null || !orderFits) {
        throw bad(
            "its type '"
                + descr
                + "' is not read here; convert it with .astype('float32') or .astype('int64')");
      }
      return new NpyHeader(
          dtype, order == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN, fortran, shape);
    }

    private static boolean is(DType dtype, int bytes) {
      return dtype != null && dtype.bytes() == bytes;
    }

    private String descr() {
      blanks();
      if (at < text.length() && text.charAt(at) == '[') {
        throw bad("it holds records with fields; save one field");
      }
      return string();
    }

    private String string() {
      blanks();
      char quote = at < text.length() ? text.charAt(at) : ' ';
      int end = quote == '\'' || quote == '"' ? text.indexOf(quote, at + 1) : -1;
      if (end < 0) {
        throw bad("expected a quoted string");
      }
      String value = text.substring(at + 1, end);
      if (value.length() > LONGEST_STRING || !value.matches("[ -~&&[^\\\\]]*")) {
        throw bad("a string holds what numpy does not write");
      }
      at = end + 1;
      return value;
    }

    private boolean bool() {
      blanks();
      for (String word : new String[] {"True", "False"}) {
        if (text.startsWith(word, at)) {
          at += word.length();
          return word.equals("True");
        }
      }
      throw bad("fortran_order must be True or False");
    }

    private Shape shape() {
      long[] dims = new long[DEEPEST];
      int rank = 0;
      boolean isClosed = false;
      expect('(');
      while (!take(')')) {
        if (rank == DEEPEST) {
          throw bad("the shape has more than " + DEEPEST + " axes");
        }
        dims[rank++] = number();
        if (!take(',')) {
          expect(')');
          isClosed = true;
          break;
        }
      }
      if (isClosed && rank == 1) {
        throw bad("a shape with one axis is written (n,)");
      }
      try {
        return Shape.of(Arrays.copyOf(dims, rank));
      } catch (ArithmeticException e) {
        throw bad("impossible shape " + Arrays.toString(Arrays.copyOf(dims, rank)));
      }
    }

    private long number() {
      blanks();
      int start = at;
      while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
        at++;
      }
      String digits = text.substring(start, at);
      if (digits.isEmpty()
          || digits.length() > 18
          || (digits.length() > 1 && digits.startsWith("0"))) {
        throw bad("the shape must hold whole numbers from 0");
      }
      return Long.parseLong(digits);
    }

    private boolean take(char symbol) {
      blanks();
      if (at < text.length() && text.charAt(at) == symbol) {
        at++;
        return true;
      }
      return false;
    }

    private void expect(char symbol) {
      if (!take(symbol)) {
        throw bad("expected '" + symbol + "'");
      }
    }

    private void blanks() {
      while (at < text.length() && (text.charAt(at) == ' ' || text.charAt(at) == '\n')) {
        at++;
      }
    }

    private InputException bad(String what) {
      return new InputException(
          "%s: malformed npy header at character %d: %s".formatted(file, at, what));
    }
  }
}
