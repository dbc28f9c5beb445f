package io.attune.clip;

import java.awt.image.DataBufferByte;
import java.awt.image.PixelInterleavedSampleModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/**
 * JPEG to 8-bit RGB as PIL converts it. ImageIO's reader (libjpeg) decodes to the components as
 * stored; which colours they are is told by libjpeg's own rules, and converted here with libjpeg's
 * integer formulas, because ImageIO guesses otherwise in places. Application segments other than
 * Adobe's never reach the reader, so that a damaged profile or thumbnail does no harm.
 */
final class JpegDecoder {
  private static final int FRACTION_BITS = 16;
  private static final int HALF = 1 << (FRACTION_BITS - 1);

  /** 1.402, 0.34414, 0.71414 and 1.772 in fixed point, rounded as libjpeg does. */
  private static final int RED_CR = 91881;

  private static final int GREEN_CB = 22554;
  private static final int GREEN_CR = 46802;
  private static final int BLUE_CB = 116130;

  /**
   * What a chroma sample adds to red and blue; to green in fixed point, of two samples together.
   */
  private static final int[] RED_OF_CR = new int[256];

  private static final int[] GREEN_OF_CB = new int[256];
  private static final int[] GREEN_OF_CR = new int[256];
  private static final int[] BLUE_OF_CB = new int[256];

  /** A colour lies between -BELOW and 255 + BELOW before it is clipped to a byte. */
  private static final int BELOW = 256;

  private static final byte[] CLIPPED = new byte[2 * BELOW + 256];

  static {
    for (int sample = 0; sample < 256; sample++) {
      int chroma = sample - 128;
      RED_OF_CR[sample] = (RED_CR * chroma + HALF) >> FRACTION_BITS;
      GREEN_OF_CB[sample] = -GREEN_CB * chroma + HALF;
      GREEN_OF_CR[sample] = -GREEN_CR * chroma;
      BLUE_OF_CB[sample] = (BLUE_CB * chroma + HALF) >> FRACTION_BITS;
    }
    for (int i = 0; i < CLIPPED.length; i++) {
      CLIPPED[i] = (byte) Math.clamp(i - BELOW, 0, 255);
    }
  }

  private final byte[] file;
  private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
  private boolean jfif;
  private int adobeTransform = -1;
  private int width;
  private int height;
  private int[] componentIds;
  private int[] sampling;

  JpegDecoder(byte[] file) {
    this.file = file;
  }

  static boolean accepts(byte[] file) {
    return file.length >= 3
        && (file[0] & 0xFF) == 0xFF
        && (file[1] & 0xFF) == 0xD8
        && (file[2] & 0xFF) == 0xFF;
  }

  RgbImage decode() throws ImageFormatException {
    readMarkers();
    byte[] samples = readSamples();
    smoothHalvedRows(samples);
    byte[] rgb = componentIds.length == 3 ? samples : new byte[3 * width * height];
    switch (componentIds.length) {
      case 1 -> spread(samples, rgb);
      case 3 -> {
        if (isYcc()) {
          yccToRgb(samples);
        }
      }
      default -> cmykToRgb(samples, rgb);
    }
    return new RgbImage(width, height, rgb);
  }

  /** Walks the segments up to the first scan, keeping what the decoder needs. */
  private void readMarkers() throws ImageFormatException {
    kept.write(file, 0, 2);
    int at = 2;
    while (true) {
      while (at < file.length && unsigned(at) != 0xFF) {
        at++; // libjpeg skips stray bytes between segments
      }
      while (at < file.length && unsigned(at) == 0xFF) {
        at++;
      }
      if (at + 2 >= file.length) {
        throw new ImageFormatException("truncated: JPEG ends before its first scan");
      }
      int marker = unsigned(at);
      if (marker == 0x00 || marker == 0x01 || (marker >= 0xD0 && marker <= 0xD7)) {
        at++;
        continue;
      }
      if (marker == 0xD8 || marker == 0xD9) {
        throw new ImageFormatException("damaged: JPEG ends before its first scan");
      }
      int length = unsigned(at + 1) << 8 | unsigned(at + 2);
      if (length < 2 || at + 1 + length > file.length) {
        throw new ImageFormatException(
            "truncated: JPEG segment of %d bytes at byte %d, the file has %d"
                .formatted(length, at, file.length));
      }
      if (marker == 0xDA) {
        if (componentIds == null) {
          throw new ImageFormatException("damaged: JPEG without a frame header");
        }
        kept.write(file, at - 1, file.length - at + 1);
        return;
      }
      readSegment(marker, at + 3, length - 2);
      boolean application = (marker >= 0xE0 && marker <= 0xEF && marker != 0xEE) || marker == 0xFE;
      if (!application) {
        kept.write(0xFF);
        kept.write(file, at, length + 1);
      }
      at += 1 + length;
    }
  }

  private void readSegment(int marker, int data, int length) throws ImageFormatException {
    if (marker == 0xE0 && length >= 14 && startsWith(data, "JFIF\0")) {
      jfif = true;
    } else if (marker == 0xEE && length >= 12 && startsWith(data, "Adobe")) {
      adobeTransform = unsigned(data + 11);
    } else if (marker >= 0xC0
        && marker <= 0xCF
        && marker != 0xC4
        && marker != 0xC8
        && marker != 0xCC) {
      readFrameHeader(data, length);
    }
  }

  private void readFrameHeader(int data, int length) throws ImageFormatException {
    if (length < 6 || length < 6 + 3 * unsigned(data + 5)) {
      throw new ImageFormatException("damaged: JPEG frame header of " + length + " bytes");
    }
    int precision = unsigned(data);
    int components = unsigned(data + 5);
    height = unsigned(data + 1) << 8 | unsigned(data + 2);
    width = unsigned(data + 3) << 8 | unsigned(data + 4);
    ImageDecoder.requireSize(width, height);
    if (precision != 8 || (components != 1 && components != 3 && components != 4)) {
      throw new ImageFormatException(
          "a JPEG of %d components of %d bits; only 8-bit grey, colour and CMYK are read"
              .formatted(components, precision));
    }
    componentIds = new int[components];
    sampling = new int[components];
    for (int c = 0; c < components; c++) {
      componentIds[c] = unsigned(data + 6 + 3 * c);
      sampling[c] = unsigned(data + 7 + 3 * c);
    }
  }

  /** The components as stored, interleaved. */
  private byte[] readSamples() throws ImageFormatException {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("jpeg");
    if (!readers.hasNext()) {
      throw new ImageFormatException("this Java has no JPEG reader (java.desktop is missing)");
    }
    ImageReader reader = readers.next();
    boolean[] endMissing = new boolean[1];
    try (MemoryCacheImageInputStream in =
        new MemoryCacheImageInputStream(new ByteArrayInputStream(kept.toByteArray()))) {
      reader.setInput(in, true, true);
      reader.addIIOReadWarningListener(
          (source, warning) -> endMissing[0] |= warning.contains("EOI"));
      Raster raster = reader.readRaster(0, null);
      if (endMissing[0]) {
        throw new ImageFormatException("truncated: JPEG ends at byte " + file.length);
      }
      if (raster.getWidth() != width
          || raster.getHeight() != height
          || raster.getNumBands() != componentIds.length) {
        throw new ImageFormatException(
            "damaged: JPEG frame header says %dx%dx%d, its data %dx%dx%d"
                .formatted(
                    width,
                    height,
                    componentIds.length,
                    raster.getWidth(),
                    raster.getHeight(),
                    raster.getNumBands()));
      }
      return interleaved(raster);
    } catch (IOException | RuntimeException e) {
      throw ImageDecoder.damaged(e);
    } finally {
      reader.dispose();
    }
  }

  private byte[] interleaved(Raster raster) {
    int bands = componentIds.length;
    if (raster.getDataBuffer() instanceof DataBufferByte buffer
        && raster.getSampleModel() instanceof PixelInterleavedSampleModel model
        && model.getPixelStride() == bands
        && model.getScanlineStride() == bands * width
        && inOrder(model.getBandOffsets())
        && buffer.getData().length == bands * width * height) {
      return buffer.getData();
    }
    byte[] samples = new byte[bands * width * height];
    int[] row = new int[bands * width];
    for (int y = 0, at = 0; y < height; y++) {
      raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
      for (int value : row) {
        samples[at++] = (byte) value;
      }
    }
    return samples;
  }

  private static boolean inOrder(int[] offsets) {
    for (int c = 0; c < offsets.length; c++) {
      if (offsets[c] != c) {
        return false;
      }
    }
    return true;
  }

  /**
   * Components at full width and half the rows (4:4:0, as photographs turned by 90 degrees have):
   * ImageIO's libjpeg repeats each row, the one behind PIL weighs the two nearest rows 3 : 1.
   */
  private void smoothHalvedRows(byte[] samples) {
    int bands = sampling.length;
    int widest = 0;
    int tallest = 0;
    for (int factors : sampling) {
      widest = Math.max(widest, factors >> 4);
      tallest = Math.max(tallest, factors & 15);
    }
    for (int band = 0; band < bands; band++) {
      if (sampling[band] >> 4 != widest || 2 * (sampling[band] & 15) != tallest) {
        continue;
      }
      int rows = (height + 1) / 2;
      byte[] stored = new byte[rows * width];
      for (int i = 0; i < stored.length; i++) {
        stored[i] = samples[bands * (i / width * 2 * width + i % width) + band];
      }
      for (int y = 0; y < height; y++) {
        int near = y / 2;
        int far = Math.clamp(y % 2 == 0 ? near - 1 : near + 1, 0, rows - 1);
        int bias = y % 2 == 0 ? 1 : 2;
        for (int x = 0; x < width; x++) {
          int sum = 3 * (stored[near * width + x] & 0xFF) + (stored[far * width + x] & 0xFF);
          samples[bands * (y * width + x) + band] = (byte) ((sum + bias) >> 2);
        }
      }
    }
  }

  /** libjpeg's default_decompress_parms for three components. */
  private boolean isYcc() {
    if (jfif) {
      return true;
    }
    if (adobeTransform >= 0) {
      return adobeTransform != 0;
    }
    return !(componentIds[0] == 'R' && componentIds[1] == 'G' && componentIds[2] == 'B');
  }

  private static void spread(byte[] grey, byte[] rgb) {
    for (int i = 0, at = 0; i < grey.length; i++, at += 3) {
      rgb[at] = rgb[at + 1] = rgb[at + 2] = grey[i];
    }
  }

  private static void yccToRgb(byte[] samples) {
    for (int i = 0; i < samples.length; i += 3) {
      convertYcc(samples, i, samples, i);
    }
  }

  /** YCbCr of ITU-R BT.601 at full range, in libjpeg's 16-bit fixed point. */
  private static void convertYcc(byte[] in, int from, byte[] out, int to) {
    int y = (in[from] & 0xFF) + BELOW;
    int cb = in[from + 1] & 0xFF;
    int cr = in[from + 2] & 0xFF;
    out[to] = CLIPPED[y + RED_OF_CR[cr]];
    out[to + 1] = CLIPPED[y + ((GREEN_OF_CB[cb] + GREEN_OF_CR[cr]) >> FRACTION_BITS)];
    out[to + 2] = CLIPPED[y + BLUE_OF_CB[cb]];
  }

  /**
   * Four components by Adobe's convention, which stores ink inverted, as PIL assumes always. With
   * Adobe's transform the first three are YCbCr of the inverse.
   */
  private void cmykToRgb(byte[] samples, byte[] rgb) {
    boolean ycck = adobeTransform > 0;
    for (int i = 0, at = 0; i < samples.length; i += 4, at += 3) {
      if (ycck) {
        convertYcc(samples, i, samples, i);
        for (int c = 0; c < 3; c++) {
          samples[i + c] = (byte) ~samples[i + c];
        }
      }
      int light = samples[i + 3] & 0xFF;
      for (int c = 0; c < 3; c++) {
        int ink = 255 - (samples[i + c] & 0xFF);
        int product = ink * light + 128;
        rgb[at + c] = (byte) (light - ((product + (product >> 8)) >> 8));
      }
    }
  }

  private boolean startsWith(int at, String text) {
    byte[] wanted = text.getBytes(StandardCharsets.ISO_8859_1);
    return java.util.Arrays.equals(file, at, at + wanted.length, wanted, 0, wanted.length);
  }

  private int unsigned(int at) {
    return file[at] & 0xFF;
  }
}
