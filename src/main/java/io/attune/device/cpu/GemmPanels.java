package io.attune.device.cpu;

import java.util.Arrays;

/**
 * How operands of a product are packed: op(A) as panels of some rows, op(B) as panels of some
 * columns, each panel step by step of k, so that a micro-kernel reads both in one forward run. Rows
 * or columns beyond the matrix are zeros.
 */
final class GemmPanels {
  /** Rows of a tall panel of A. */
  static final int TALL = VectorWidth.BITS == 512 ? WideKernel.ROWS : NarrowKernel.ROWS;

  /** Rows of a low panel of A: what is left beside the tall ones. */
  static final int LOW = NarrowKernel.ROWS;

  /** Columns of a panel of B. */
  static final int COLUMNS = VectorWidth.BITS == 0 ? ScalarKernel.COLUMNS : 2 * VectorWidth.LANES;

  /** Steps of k between changes of panel while transposing: a stretch stays in the first cache. */
  private static final int STRETCH = 128;

  private GemmPanels() {}

  /**
   * Packs {@code width} lines of a matrix, of which {@code lines} exist, as a panel [k][width].
   *
   * @param contiguous whether neighbouring lines are neighbouring elements (a line then steps by
   *     {@code stride} with k), or each line is a run of k elements, {@code stride} apart
   * @param from index of element 0 of the first line
   */
  static void pack(
      float[] source,
      int from,
      int stride,
      boolean contiguous,
      int lines,
      int width,
      int k,
      float[] target,
      int to) {
    if (contiguous) {
      copy(source, from, stride, lines, width, k, target, to);
    } else {
      transpose(source, from, stride, lines, width, k, target, to);
    }
  }

  private static void copy(
      float[] source, int from, int stride, int lines, int width, int k, float[] target, int to) {
    for (int p = 0; p < k; p++) {
      int at = to + p * width;
      System.arraycopy(source, from + p * stride, target, at, lines);
      if (lines < width) {
        Arrays.fill(target, at + lines, at + width, 0f);
      }
    }
  }

  private static void transpose(
      float[] source, int from, int stride, int lines, int width, int k, float[] target, int to) {
    boolean squares = VectorWidth.BITS == 512 && lines == width && width >= WideKernel.ROWS;
    boolean blocks = VectorWidth.BITS > 0 && lines >= VectorTranspose.SIDE;
    for (int start = 0; start < k; start += STRETCH) {
      int end = Math.min(k, start + STRETCH);
      int done = start;
      if (squares) {
        done = transposeSquares(source, from, stride, width, start, end, target, to);
      }
      if (blocks) {
        done = transposeBlocks(source, from, stride, lines, width, done, end, target, to);
      }
      for (int line = 0; line < lines; line++) {
        int at = from + line * stride;
        for (int p = done; p < end; p++) {
          target[to + p * width + line] = source[at + p];
        }
      }
    }
    if (lines < width) {
      for (int p = 0; p < k; p++) {
        Arrays.fill(target, to + p * width + lines, to + (p + 1) * width, 0f);
      }
    }
  }

  /** Lines sixteen at a time. */
  private static int transposeSquares(
      float[] source, int from, int stride, int width, int start, int end, float[] target, int to) {
    if (width < SquareTranspose.SIDE) {
      // The last step must not be written with what follows it: the next panel's beginning.
      return SquareTranspose.lines(source, from, stride, width, start, end - 1, target, to, width);
    }
    int done = start;
    for (int line = 0; line < width; line += SquareTranspose.SIDE) {
      done =
          SquareTranspose.lines(
              source,
              from + line * stride,
              stride,
              SquareTranspose.SIDE,
              start,
              end,
              target,
              to + line,
              width);
    }
    return done;
  }

  /** Lines four at a time; the last four may overlap those before them. */
  private static int transposeBlocks(
      float[] source,
      int from,
      int stride,
      int lines,
      int width,
      int start,
      int end,
      float[] target,
      int to) {
    int done = start;
    for (int line = 0; line < lines; line += VectorTranspose.SIDE) {
      int first = Math.min(line, lines - VectorTranspose.SIDE);
      done =
          VectorTranspose.fourLines(
              source, from + first * stride, stride, start, end, target, to + first, width);
    }
    return done;
  }

  /** Runs the micro-kernel of this JVM on one tile [height of a][columns of b]. */
  static void multiply(
      boolean tall,
      float[] a,
      int ao,
      float[] b,
      int bo,
      int kc,
      float[] c,
      int co,
      boolean accumulate) {
    multiply(tall, a, ao, b, bo, kc, accumulate, c, co, c, co, COLUMNS);
  }

  /** The same, {@code C = A B + sums}, with rows of C {@code stride} apart. */
  static void multiply(
      boolean tall,
      float[] a,
      int ao,
      float[] b,
      int bo,
      int kc,
      boolean accumulate,
      float[] sums,
      int at,
      float[] c,
      int co,
      int stride) {
    if (VectorWidth.BITS == 0) {
      ScalarKernel.multiply(a, ao, b, bo, kc, accumulate, sums, at, c, co, stride);
    } else if (VectorWidth.BITS == 512 && tall) {
      WideKernel.multiply(a, ao, b, bo, kc, accumulate, sums, at, c, co, stride);
    } else {
      NarrowKernel.multiply(a, ao, b, bo, kc, accumulate, sums, at, c, co, stride);
    }
  }
}
