package io.attune.format;

import io.attune.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * Stored elements turned into Java arrays. Bytes are copied to a small typed array first, in bulk
 * and in the right byte order, and converted there: plain loops over arrays are what the compiler
 * turns into vector code.
 */
final class Elements {
  private static final int CHUNK = 8192;

  /** Converts {@code count} elements from byte {@code from} of {@code data}. */
  @FunctionalInterface
  interface Decoder<A> {
    void decode(
        MemorySegment data, long from, DType type, ByteOrder order, A into, int at, int count);
  }

  private Elements() {}

  static boolean fitsFloats(DType type) {
    return type.isFloating();
  }

  static boolean fitsLongs(DType type) {
    return !type.isFloating() && type != DType.U64;
  }

  /** F64 is rounded to float; integers are refused. */
  static void floats(
      MemorySegment data, long from, DType type, ByteOrder order, float[] into, int at, int count) {
    switch (type) {
      case F32 ->
          MemorySegment.copy(
              data, ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(order), from, into, at, count);
      case F16, BF16 -> {
        short[] bits = new short[Math.min(CHUNK, count)];
        for (int done = 0; done < count; done += bits.length) {
          int n = Math.min(bits.length, count - done);
          copy(data, from + 2L * done, order, bits, n);
          if (type == DType.F16) {
            for (int i = 0; i < n; i++) {
              into[at + done + i] = Float.float16ToFloat(bits[i]);
            }
          } else {
            for (int i = 0; i < n; i++) {
              into[at + done + i] = Float.intBitsToFloat(bits[i] << 16);
            }
          }
        }
      }
      case F64 -> {
        double[] values = new double[Math.min(CHUNK, count)];
        for (int done = 0; done < count; done += values.length) {
          int n = Math.min(values.length, count - done);
          doubles(data, from + 8L * done, type, order, values, 0, n);
          for (int i = 0; i < n; i++) {
            into[at + done + i] = (float) values[i];
          }
        }
      }
      default -> throw new IllegalArgumentException(type + " elements are not floats");
    }
  }

  /** Exact for every floating type; integers are refused. */
  static void doubles(
      MemorySegment data,
      long from,
      DType type,
      ByteOrder order,
      double[] into,
      int at,
      int count) {
    if (type == DType.F64) {
      MemorySegment.copy(
          data, ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(order), from, into, at, count);
      return;
    }
    float[] values = new float[Math.min(CHUNK, count)];
    for (int done = 0; done < count; done += values.length) {
      int n = Math.min(values.length, count - done);
      floats(data, from + (long) type.bytes() * done, type, order, values, 0, n);
      for (int i = 0; i < n; i++) {
        into[at + done + i] = values[i];
      }
    }
  }

  /** BOOL becomes 0 or 1; U64 and floats are refused. */
  static void longs(
      MemorySegment data, long from, DType type, ByteOrder order, long[] into, int at, int count) {
    switch (type) {
      case I64 ->
          MemorySegment.copy(
              data, ValueLayout.JAVA_LONG_UNALIGNED.withOrder(order), from, into, at, count);
      case I32, U32 -> {
        int[] values = new int[Math.min(CHUNK, count)];
        for (int done = 0; done < count; done += values.length) {
          int n = Math.min(values.length, count - done);
          MemorySegment.copy(
              data,
              ValueLayout.JAVA_INT_UNALIGNED.withOrder(order),
              from + 4L * done,
              values,
              0,
              n);
          for (int i = 0; i < n; i++) {
            into[at + done + i] = type == DType.I32 ? values[i] : Integer.toUnsignedLong(values[i]);
          }
        }
      }
      case I16, U16 -> {
        short[] values = new short[Math.min(CHUNK, count)];
        for (int done = 0; done < count; done += values.length) {
          int n = Math.min(values.length, count - done);
          copy(data, from + 2L * done, order, values, n);
          for (int i = 0; i < n; i++) {
            into[at + done + i] = type == DType.I16 ? values[i] : Short.toUnsignedLong(values[i]);
          }
        }
      }
      case I8, U8, BOOL -> {
        for (int i = 0; i < count; i++) {
          byte value = data.get(ValueLayout.JAVA_BYTE, from + i);
          into[at + i] =
              switch (type) {
                case I8 -> value;
                case U8 -> Byte.toUnsignedLong(value);
                default -> value == 0 ? 0 : 1;
              };
        }
      }
      default -> throw new IllegalArgumentException(type + " elements are not whole numbers");
    }
  }

  /** Floats stored as {@code type}, little-endian. */
  static void store(float[] values, int at, int count, DType type, MemorySegment into) {
    switch (type) {
      case F32 ->
          MemorySegment.copy(
              values,
              at,
              into,
              ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
              0,
              count);
      case F16, BF16 -> {
        short[] bits = new short[count];
        for (int i = 0; i < count; i++) {
          float value = values[at + i];
          bits[i] = type == DType.F16 ? HalfFloats.toF16(value) : HalfFloats.toBf16(value);
        }
        MemorySegment.copy(
            bits,
            0,
            into,
            ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
            0,
            count);
      }
      case F64 -> {
        double[] wide = new double[count];
        for (int i = 0; i < count; i++) {
          wide[i] = values[at + i];
        }
        store(wide, 0, count, into);
      }
      default -> throw new IllegalArgumentException("floats cannot be stored as " + type);
    }
  }

  /** Doubles stored as F64, little-endian. */
  static void store(double[] values, int at, int count, MemorySegment into) {
    MemorySegment.copy(
        values,
        at,
        into,
        ValueLayout.JAVA_DOUBLE_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN),
        0,
        count);
  }

  /**
   * Whole numbers stored as {@code type}, little-endian.
   *
   * @throws IllegalArgumentException if one does not fit the type
   */
  static void store(long[] values, int at, int count, DType type, MemorySegment into) {
    int bits = type == DType.BOOL ? 1 : 8 * type.bytes();
    boolean signed = type.name().startsWith("I");
    if (type.isFloating() || type == DType.U64) {
      throw new IllegalArgumentException("whole numbers cannot be stored as " + type);
    }
    long lowest = signed ? -1L << (bits - 1) : 0;
    long highest = signed ? ~lowest : (1L << bits) - 1;
    for (int i = 0; i < count; i++) {
      long value = values[at + i];
      if (value < lowest || value > highest) {
        throw new IllegalArgumentException(value + " does not fit " + type);
      }
      for (int b = 0; b < type.bytes(); b++) {
        into.set(ValueLayout.JAVA_BYTE, (long) type.bytes() * i + b, (byte) (value >> (8 * b)));
      }
    }
  }

  private static void copy(MemorySegment data, long from, ByteOrder order, short[] into, int n) {
    MemorySegment.copy(data, ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(order), from, into, 0, n);
  }
}
