package io.attune.clip;

import io.attune.InputException;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * Reads an image file as 8-bit RGB, in every byte what PIL's {@code
 * Image.open(file).convert("RGB")} gives: alpha is dropped and nothing composited, ICC profiles and
 * EXIF orientation are ignored. The format is told by the first bytes, not by the name. Dimensions
 * are read before pixels.
 */
public final class ImageDecoder {
  /** The most pixels that an image may have: PIL's own limit against decompression bombs. */
  public static final long MAX_PIXELS = 178_956_970;

  private static final long MAX_FILE_BYTES = 1L << 30;

  private ImageDecoder() {}

  /**
   * Decodes {@code file}: PNG, JPEG, the first frame of a GIF, or BMP.
   *
   * @throws InputException naming the file: when it is missing, of another format, damaged,
   *     truncated or too large
   */
  public static RgbImage read(Path file) {
    try {
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw new InputException(file + ": larger than 1 GiB; not read as an image");
      }
      byte[] bytes = Files.readAllBytes(file);
      return decode(bytes);
    } catch (NoSuchFileException e) {
      throw new InputException(file + ": no such file", e);
    } catch (ImageFormatException e) {
      throw new InputException(file + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
  }

  /** Decodes an image held in memory; the exception's message lacks the file's name. */
  static RgbImage decode(byte[] bytes) throws ImageFormatException {
    if (bytes.length == 0) {
      throw new ImageFormatException("the file is empty");
    }
    if (PngDecoder.accepts(bytes)) {
      return new PngDecoder(bytes).decode();
    }
    if (JpegDecoder.accepts(bytes)) {
      return new JpegDecoder(bytes).decode();
    }
    if (startsWith(bytes, "GIF8")) {
      return decodeByImageIo(bytes, "gif");
    }
    if (startsWith(bytes, "BM")) {
      return decodeByImageIo(bytes, "bmp");
    }
    throw new ImageFormatException(
        "not an image of a known format (PNG, JPEG, GIF, BMP); convert it to PNG");
  }

  static void requireSize(long width, long height) throws ImageFormatException {
    if (width < 1 || height < 1) {
      throw new ImageFormatException("damaged: size %dx%d".formatted(width, height));
    }
    if (width > MAX_PIXELS / height) {
      throw new ImageFormatException(
          "%dx%d pixels are more than the limit of %d".formatted(width, height, MAX_PIXELS));
    }
  }

  private static boolean startsWith(byte[] bytes, String magic) {
    for (int i = 0; i < magic.length(); i++) {
      if (i >= bytes.length || bytes[i] != magic.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static RgbImage decodeByImageIo(byte[] bytes, String format) throws ImageFormatException {
    ImageReader reader = ImageIO.getImageReadersByFormatName(format).next();
    try (MemoryCacheImageInputStream in =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(bytes))) {
      reader.setInput(in, true, true);
      int width = reader.getWidth(0);
      int height = reader.getHeight(0);
      requireSize(width, height);
      if (format.equals("gif")) {
        requireFullFrame(bytes, width, height);
      }
      return toRgb(reader.read(0), format);
    } catch (IOException | RuntimeException e) {
      throw damaged(e);
    } finally {
      reader.dispose();
    }
  }

  /** ImageIO's readers answer damage with many kinds of exceptions, some without a message. */
  static ImageFormatException damaged(Exception e) {
    if (e instanceof ImageFormatException known) {
      return known;
    }
    String reason = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    return new ImageFormatException(
        "damaged or truncated: " + reason.lines().findFirst().orElse(""), e);
  }

  /** A frame smaller than the screen would have to be composited. */
  private static void requireFullFrame(byte[] gif, int width, int height)
      throws ImageFormatException {
    int screenWidth = (gif[6] & 0xFF) | (gif[7] & 0xFF) << 8;
    int screenHeight = (gif[8] & 0xFF) | (gif[9] & 0xFF) << 8;
    if (screenWidth != width || screenHeight != height) {
      throw new ImageFormatException(
          "a GIF whose first frame is %dx%d on a screen of %dx%d; convert it to PNG"
              .formatted(width, height, screenWidth, screenHeight));
    }
  }

  /** Samples as stored, past colour models that would convert them. */
  private static RgbImage toRgb(BufferedImage image, String format) throws ImageFormatException {
    Raster raster = image.getRaster();
    int width = raster.getWidth();
    int height = raster.getHeight();
    byte[] rgb = new byte[3 * width * height];
    int[] row = new int[width * raster.getNumBands()];
    int[] palette = new int[256];
    boolean indexed = image.getColorModel() instanceof IndexColorModel;
    if (image.getColorModel() instanceof IndexColorModel colors) {
      colors.getRGBs(palette);
    } else if (raster.getNumBands() == 2 || raster.getSampleModel().getSampleSize(0) != 8) {
      throw new ImageFormatException(
          "a %s of an unusual layout; convert it to PNG"
              .formatted(format.toUpperCase(Locale.ROOT)));
    }
    int bands = raster.getNumBands();
    int green = bands == 1 ? 0 : 1;
    int blue = bands == 1 ? 0 : 2;
    int at = 0;
    for (int y = 0; y < height; y++) {
      raster.getPixels(0, y, width, 1, row);
      for (int from = 0; from < row.length; from += bands) {
        if (indexed) {
          int color = palette[row[from] & 0xFF];
          rgb[at++] = (byte) (color >> 16);
          rgb[at++] = (byte) (color >> 8);
          rgb[at++] = (byte) color;
        } else {
          rgb[at++] = (byte) row[from];
          rgb[at++] = (byte) row[from + green];
          rgb[at++] = (byte) row[from + blue];
        }
      }
    }
    return new RgbImage(width, height, rgb);
  }
}
