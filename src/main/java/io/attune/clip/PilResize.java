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

  private static byte[] horizontalPass(
      byte[] in, int inWidth, int firstRow, int lastRow, Coefficients c, int outWidth) {
    byte[] out = new byte[Math.multiplyExact(Math.multiplyExact(lastRow - firstRow, outWidth), 3)];
    int at = 0;
    for (int row = firstRow; row < lastRow; row++) {
      int rowStart = row * inWidth * 3;
      for (int x = 0; x < outWidth; x++) {
        int k = x * c.stride;
        int kEnd = k + c.count[x];
        int pixel = rowStart + c.first[x] * 3;
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
    return out;
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
