package io.attune.clip;

import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * PNG (W3C recommendation, third edition) to 8-bit RGB as PIL converts it: alpha and tRNS are
 * dropped, 16-bit grey saturates at 255, other 16-bit samples keep their high byte, palettes are
 * looked up. Colour-space chunks are not read at all. Critical chunks must have the right CRC.
 */
final class PngDecoder {
  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'};
  private static final int GREY = 0;
  private static final int RGB = 2;
  private static final int PALETTE = 3;
  private static final int GREY_ALPHA = 4;
  private static final int RGB_ALPHA = 6;

  /** Adam7: first column, first row, column step, row step of each pass. */
  private static final int[][] ADAM7 = {
    {0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}
  };

  private static final int[][] WHOLE = {{0, 0, 1, 1}};

  /** Deflate cannot expand a byte to more than this many. */
  private static final long MAX_EXPANSION = 1032;

  private final byte[] file;
  private final Inflater inflater = new Inflater();
  private int position;
  private int idatLeft;

  private int width;
  private int height;
  private int depth;
  private int colorType;
  private boolean interlaced;
  private int channels;
  private final byte[] palette = new byte[3 * 256];
  private byte[] rgb;

  PngDecoder(byte[] file) {
    this.file = file;
  }

  static boolean accepts(byte[] file) {
    return file.length >= SIGNATURE.length
        && java.util.Arrays.equals(file, 0, SIGNATURE.length, SIGNATURE, 0, SIGNATURE.length);
  }

  RgbImage decode() throws ImageFormatException {
    try {
      for (int i = 0; i < palette.length; i++) {
        palette[i] = (byte) (i / 3); // PIL's answer to an index beyond the palette: a grey ramp
      }
      readHeader();
      rgb = new byte[3 * width * height];
      for (int[] pass : interlaced ? ADAM7 : WHOLE) {
        readPass(pass[0], pass[1], pass[2], pass[3]);
      }
      return new RgbImage(width, height, rgb);
    } catch (DataFormatException e) {
      throw new ImageFormatException("damaged: PNG pixel data: " + e.getMessage(), e);
    } finally {
      inflater.end();
    }
  }

  /** Everything before the first IDAT chunk; leaves {@link #position} at its data. */
  private void readHeader() throws ImageFormatException {
    position = SIGNATURE.length;
    boolean header = false;
    boolean colors = false;
    while (true) {
      int length = chunkLength();
      String type = new String(file, position + 4, 4, StandardCharsets.ISO_8859_1);
      int data = position + 8;
      if (!header && !type.equals("IHDR")) {
        throw new ImageFormatException("damaged: PNG does not start with IHDR but " + type);
      }
      switch (type) {
        case "IHDR" -> {
          readImageHeader(data, length);
          header = true;
        }
        case "PLTE" -> {
          if (length > palette.length || length % 3 != 0) {
            throw new ImageFormatException("damaged: PNG palette of " + length + " bytes");
          }
          System.arraycopy(file, data, palette, 0, length);
          colors = true;
        }
        case "IDAT" -> {
          if (colorType == PALETTE && !colors) {
            throw new ImageFormatException("damaged: PNG without its palette");
          }
          requirePlausibleSize();
          position = data;
          idatLeft = length;
          return;
        }
        case "IEND" -> throw new ImageFormatException("damaged: PNG without pixel data");
        default -> {
          if (Character.isUpperCase(type.charAt(0))) {
            throw new ImageFormatException("damaged: PNG with unknown critical chunk " + type);
          }
        }
      }
      position = data + length + 4;
    }
  }

  private void readImageHeader(int data, int length) throws ImageFormatException {
    if (length != 13) {
      throw new ImageFormatException("damaged: PNG header of " + length + " bytes, not 13");
    }
    long w = unsignedInt(data);
    long h = unsignedInt(data + 4);
    ImageDecoder.requireSize(w, h);
    width = (int) w;
    height = (int) h;
    depth = file[data + 8];
    colorType = file[data + 9];
    channels =
        switch (colorType) {
          case GREY, PALETTE -> 1;
          case GREY_ALPHA -> 2;
          case RGB -> 3;
          case RGB_ALPHA -> 4;
          default -> 0;
        };
    boolean known =
        switch (depth) {
          case 1, 2, 4 -> colorType == GREY || colorType == PALETTE;
          case 8 -> channels > 0;
          case 16 -> channels > 0 && colorType != PALETTE;
          default -> false;
        };
    int interlace = file[data + 12];
    if (!known || file[data + 10] != 0 || file[data + 11] != 0 || interlace < 0 || interlace > 1) {
      throw new ImageFormatException(
          "damaged: PNG of colour type %d, depth %d, compression %d, filter %d, interlace %d"
              .formatted(colorType, depth, file[data + 10], file[data + 11], interlace));
    }
    interlaced = interlace == 1;
  }

  /** Refuses a header that promises more than the file can hold, before memory is asked for. */
  private void requirePlausibleSize() throws ImageFormatException {
    long bytes = ((long) width * channels * depth + 7) / 8 * height;
    if (bytes / MAX_EXPANSION > file.length) {
      throw new ImageFormatException(
          "truncated: %dx%d pixels cannot be in %d bytes".formatted(width, height, file.length));
    }
  }

  /** Length of the chunk at {@link #position}, checked to lie in the file and by its CRC. */
  private int chunkLength() throws ImageFormatException {
    if (position > file.length - 12) {
      throw new ImageFormatException("truncated: PNG ends at byte " + file.length);
    }
    long length = unsignedInt(position);
    if (length > file.length - 12L - position) {
      throw new ImageFormatException(
          "truncated: PNG chunk of %d bytes at byte %d, the file has %d"
              .formatted(length, position, file.length));
    }
    boolean critical = (file[position + 4] & 0x20) == 0;
    if (critical) {
      CRC32 crc = new CRC32();
      crc.update(file, position + 4, (int) length + 4);
      if (crc.getValue() != unsignedInt(position + 8 + (int) length)) {
        throw new ImageFormatException(
            "damaged: wrong checksum of the PNG chunk at byte " + position);
      }
    }
    return (int) length;
  }

  private void readPass(int x0, int y0, int dx, int dy)
      throws ImageFormatException, DataFormatException {
    int columns = (width - x0 + dx - 1) / dx;
    int rows = (height - y0 + dy - 1) / dy;
    if (columns <= 0 || rows <= 0) {
      return;
    }
    int pixelBits = channels * depth;
    int rowBytes = Math.toIntExact(((long) columns * pixelBits + 7) / 8);
    int pixelBytes = Math.max(1, pixelBits / 8);
    byte[] previous = new byte[rowBytes];
    byte[] row = new byte[rowBytes];
    byte[] filter = new byte[1];
    for (int y = 0; y < rows; y++) {
      inflate(filter, 1);
      inflate(row, rowBytes);
      unfilter(filter[0], row, previous, pixelBytes);
      int at = 3 * ((y0 + y * dy) * width + x0);
      for (int x = 0; x < columns; x++, at += 3 * dx) {
        store(row, x, at);
      }
      byte[] swap = previous;
      previous = row;
      row = swap;
    }
  }

  private void inflate(byte[] out, int length) throws ImageFormatException, DataFormatException {
    int done = 0;
    while (done < length) {
      int n = inflater.inflate(out, done, length - done);
      done += n;
      if (n == 0 && (inflater.finished() || inflater.needsDictionary())) {
        throw new ImageFormatException("damaged: PNG pixel data ends early");
      }
      if (n == 0 && inflater.needsInput()) {
        nextInput();
      }
    }
  }

  /** Hands the inflater the data of the next IDAT chunk. */
  private void nextInput() throws ImageFormatException {
    while (idatLeft == 0) {
      int length = chunkLength();
      if (!new String(file, position + 4, 4, StandardCharsets.ISO_8859_1).equals("IDAT")) {
        throw new ImageFormatException("truncated: PNG pixel data ends early");
      }
      position += 8;
      idatLeft = length;
      if (length == 0) {
        position += 4;
      }
    }
    inflater.setInput(file, position, idatLeft);
    position += idatLeft + 4;
    idatLeft = 0;
  }

  private static void unfilter(int filter, byte[] row, byte[] above, int step)
      throws ImageFormatException {
    switch (filter) {
      case 0 -> {}
      case 1 -> {
        for (int i = step; i < row.length; i++) {
          row[i] += row[i - step];
        }
      }
      case 2 -> {
        for (int i = 0; i < row.length; i++) {
          row[i] += above[i];
        }
      }
      case 3 -> {
        for (int i = 0; i < row.length; i++) {
          int left = i >= step ? row[i - step] & 0xFF : 0;
          row[i] += (byte) ((left + (above[i] & 0xFF)) >> 1);
        }
      }
      case 4 -> {
        for (int i = 0; i < row.length; i++) {
          int left = i >= step ? row[i - step] & 0xFF : 0;
          int corner = i >= step ? above[i - step] & 0xFF : 0;
          row[i] += (byte) paeth(left, above[i] & 0xFF, corner);
        }
      }
      default -> throw new ImageFormatException("damaged: PNG row filter " + filter);
    }
  }

  private static int paeth(int left, int up, int corner) {
    int guess = left + up - corner;
    int toLeft = Math.abs(guess - left);
    int toUp = Math.abs(guess - up);
    int toCorner = Math.abs(guess - corner);
    if (toLeft <= toUp && toLeft <= toCorner) {
      return left;
    }
    return toUp <= toCorner ? up : corner;
  }

  /** Writes pixel {@code x} of an unfiltered row to {@code rgb[at..at+2]}. */
  private void store(byte[] row, int x, int at) {
    if (colorType == RGB || colorType == RGB_ALPHA) {
      int sample = depth / 8;
      int from = x * channels * sample;
      rgb[at] = row[from];
      rgb[at + 1] = row[from + sample];
      rgb[at + 2] = row[from + 2 * sample];
      return;
    }
    int value;
    if (depth == 16) {
      int from = x * channels * 2;
      boolean saturates = colorType == GREY && row[from] != 0;
      value = saturates ? 255 : row[colorType == GREY ? from + 1 : from];
    } else if (depth == 8) {
      value = row[x * channels] & 0xFF;
    } else {
      int bit = x * depth;
      int mask = (1 << depth) - 1;
      value = (row[bit >> 3] >> (8 - depth - (bit & 7))) & mask;
      if (colorType == GREY) {
        value *= 255 / mask;
      }
    }
    if (colorType == PALETTE) {
      System.arraycopy(palette, 3 * value, rgb, at, 3);
    } else {
      rgb[at] = rgb[at + 1] = rgb[at + 2] = (byte) value;
    }
  }

  private long unsignedInt(int at) {
    return (file[at] & 0xFFL) << 24
        | (file[at + 1] & 0xFFL) << 16
        | (file[at + 2] & 0xFFL) << 8
        | (file[at + 3] & 0xFFL);
  }
}
