package io.attune.clip;

/**
 * PIL's {@code Image.resize}, bit for bit: separable, the filter's support widened by the factor of
 * reduction (which is what antialiases), coefficients in fixed point with 22 fractional bits, a
 * horizontal pass rounded to 8 bits, then a vertical one. A pass whose size does not change is
 * skipped, and the horizontal pass computes only those rows that the vertical one reads.
 */
public final class PilResize {
  private static final int FRACTION_BITS = 22;
  private static final int HALF = 1 << (FRACTION_BITS - 1);

  /** Columns of any JPEG; their longs take 3 MB. */
  private static final int WIDEST_IN_FOURS = 1 << 16;

  private PilResize() {}

  /**
   * {@code image} at {@code width} x {@code height}; the same object where that is its size
   * already.
   */
  public static RgbImage resize(RgbImage image, int width, int height, Resampling filter) {
    if (width < 1 || height < 1) {
      throw new IllegalArgumentException("cannot resize to %dx%d".formatted(width, height));
    }
    boolean horizontal = width != image.width();
    boolean vertical = height != image.height();
    if (!horizontal && !vertical) {
      return image;
    }
    Coefficients down = vertical ? new Coefficients(image.height(), height, filter) : null;
    byte[] pixels = image.rgb();
    int firstRow = 0;
    if (horizontal) {
      int lastRow = image.height();
      if (vertical) {
        firstRow = down.first[0];
        lastRow = down.first[height - 1] + down.count[height - 1];
      }
      Coefficients across = new Coefficients(image.width(), width, filter);
      pixels = horizontalPass(pixels, image.width(), firstRow, lastRow, across, width);
    }
    if (vertical) {
      pixels = verticalPass(pixels, firstRow, down, width, height);
    }
    return new RgbImage(width, height, pixels);
  }

  /** Four rows at a time, as far as there are and their longs are no burden on memory. */
  private static byte[] horizontalPass(
      byte[] in, int inWidth, int firstRow, int lastRow, Coefficients c, int outWidth) {
    int inStride = inWidth * 3;
    int outStride = outWidth * 3;
    byte[] out = new byte[Math.multiplyExact(lastRow - firstRow, outStride)];
    int fours = inWidth > WIDEST_IN_FOURS ? 0 : (lastRow - firstRow) / 4;
    long[] pairs = new long[fours == 0 ? 0 : 2 * inStride];
    int row = firstRow;
    for (; row < firstRow + 4 * fours; row += 4) {
      pair(in, row * inStride, inStride, pairs);
      fourRows(pairs, c, outWidth, out, (row - firstRow) * outStride, outStride);
    }
    for (; row < lastRow; row++) {
      oneRow(in, row * inStride, c, outWidth, out, (row - firstRow) * outStride);
    }
    return out;
  }

  /**
   * The samples of four rows from {@code from} on, those of the first two in the halves of one
   * long, those of the others in the next.
   */
  private static void pair(byte[] in, int from, int stride, long[] pairs) {
    for (int i = 0; i < stride; i++) {
      int at = from + i;
      pairs[2 * i] = in[at] & 0xFF | (long) (in[at + stride] & 0xFF) << 32;
      at += 2 * stride;
      pairs[2 * i + 1] = in[at] & 0xFF | (long) (in[at + stride] & 0xFF) << 32;
    }
  }

  /**
   * A product of two samples' long with a weight is both products at once: the lower half is the
   * first's in 32 bits, and what is left when that is subtracted is the second's times 2^32.
   */
  private static void fourRows(
      long[] pairs, Coefficients c, int outWidth, byte[] out, int to, int stride) {
    long half = HALF | (long) HALF << 32;
    for (int x = 0; x < outWidth; x++) {
      int k = x * c.stride;
      int kEnd = k + c.count[x];
      int from = 6 * c.first[x];
      long red = half;
      long redBelow = half;
      long green = half;
      long greenBelow = half;
      long blue = half;
      long blueBelow = half;
      for (; k < kEnd; k++, from += 6) {
        long weight = c.fixed[k];
        red += pairs[from] * weight;
        redBelow += pairs[from + 1] * weight;
        green += pairs[from + 2] * weight;
        greenBelow += pairs[from + 3] * weight;
        blue += pairs[from + 4] * weight;
        blueBelow += pairs[from + 5] * weight;
      }
      int at = to + 3 * x;
      store(red, out, at, stride);
      store(redBelow, out, at + 2 * stride, stride);
      store(green, out, at + 1, stride);
      store(greenBelow, out, at + 1 + 2 * stride, stride);
      store(blue, out, at + 2, stride);
      store(blueBelow, out, at + 2 + 2 * stride, stride);
    }
  }

  private static void store(long sums, byte[] out, int at, int stride) {
    int lower = (int) sums;
    out[at] = clip(lower);
    out[at + stride] = clip((int) (sums - lower >> 32));
  }

  private static void oneRow(
      byte[] in, int from, Coefficients c, int outWidth, byte[] out, int to) {
    int at = to;
    for (int x = 0; x < outWidth; x++) {
      int k = x * c.stride;
      int kEnd = k + c.count[x];
      int pixel = from + c.first[x] * 3;
      int r = HALF;
      int g = HALF;
      int b = HALF;
      for (; k < kEnd; k++, pixel += 3) {
        int weight = c.fixed[k];
        r += (in[pixel] & 0xFF) * weight;
        g += (in[pixel + 1] & 0xFF) * weight;
        b += (in[pixel + 2] & 0xFF) * weight;
      }
      out[at++] = clip(r);
      out[at++] = clip(g);
      out[at++] = clip(b);
    }
  }

  /** Row by row with a row of sums, so that memory is read in order. */
  private static byte[] verticalPass(
      byte[] in, int firstRow, Coefficients c, int width, int outHeight) {
    int stride = width * 3;
    byte[] out = new byte[Math.multiplyExact(outHeight, stride)];
    int[] sums = new int[stride];
    for (int y = 0; y < outHeight; y++) {
      java.util.Arrays.fill(sums, HALF);
      for (int j = 0; j < c.count[y]; j++) {
        int weight = c.fixed[y * c.stride + j];
        int from = (c.first[y] + j - firstRow) * stride;
        for (int i = 0; i < stride; i++) {
          sums[i] += (in[from + i] & 0xFF) * weight;
        }
      }
      int to = y * stride;
      for (int i = 0; i < stride; i++) {
        out[to + i] = clip(sums[i]);
      }
    }
    return out;
  }

  private static byte clip(int sum) {
    return (byte) Math.max(0, Math.min(255, sum >> FRACTION_BITS));
  }

  /** For each output position the source pixels it reads and their weights. */
  private static final class Coefficients {
    /** Places for a position's weights in {@link #fixed}. */
    final int stride;

    final int[] first;
    final int[] count;
    final int[] fixed;

    Coefficients(int inSize, int outSize, Resampling filter) {
      double scale = (double) inSize / outSize;
      double filterScale = Math.max(scale, 1.0);
      double support = filter.support() * filterScale;
      stride = (int) Math.ceil(support) * 2 + 1;
      first = new int[outSize];
      count = new int[outSize];
      fixed = new int[Math.multiplyExact(outSize, stride)];
      double[] weights = new double[stride];
      for (int x = 0; x < outSize; x++) {
        double center = (x + 0.5) * scale;
        int from = Math.max((int) (center - support + 0.5), 0);
        int to = Math.min((int) (center + support + 0.5), inSize);
        double sum = 0;
        for (int i = from; i < to; i++) {
          double w = filter.weight((i - center + 0.5) * (1.0 / filterScale));
          weights[i - from] = w;
          sum += w;
        }
        first[x] = from;
        count[x] = to - from;
        for (int i = 0; i < to - from; i++) {
          double w = sum != 0.0 ? weights[i] / sum : weights[i];
          double half = w < 0 ? -0.5 : 0.5;
          fixed[x * stride + i] = (int) (half + w * (1 << FRACTION_BITS));
        }
      }
    }
  }
}
