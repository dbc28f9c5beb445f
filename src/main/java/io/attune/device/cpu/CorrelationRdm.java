package io.attune.device.cpu;

import io.attune.tensor.Tensor;
import java.util.Arrays;

/**
 * Correlation RDMs and their backward pass: the symmetric product of the unit rows of each time. A
 * task is some rows of one time; it copies the time's unit rows first, packed or padded.
 */
final class CorrelationRdm {
  /** Rows of one task: all images of a training batch, and whole panels. */
  private static final int ROWS = 252;

  /** Copied rows are padded to a multiple of this, the most lanes there are. */
  private static final int PADDING = 16;

  private static final int TALL = GemmPanels.TALL;
  private static final int COLUMNS = GemmPanels.COLUMNS;

  private final CpuThreads threads;
  private final ThreadScratch scratch;
  private final Normalise normalise = new Normalise();
  private final Products products = new Products();
  private final Backward backward = new Backward();

  private Tensor x;
  private Tensor unit;
  private Tensor norm;
  private Tensor rdm;
  private int batch;
  private int width;
  private int blocks;

  CorrelationRdm(CpuThreads threads) {
    this.threads = threads;
    this.scratch = new ThreadScratch(threads);
  }

  void forward(Tensor x, Tensor unit, Tensor norm, Tensor rdm) {
    operands(x, unit, norm, rdm);
    normalise.run(threads, x.rows(), width);
    scratch.require((columnsOf(batch) + TALL) * width + TALL * COLUMNS);
    threads.runWithScratch((int) x.shape().dim(0) * blocks, products);
  }

  void backward(Tensor drdm, Tensor unit, Tensor norm, Tensor dx) {
    operands(dx, unit, norm, drdm);
    scratch.require((batch + 1) * padded(width) + batch);
    threads.runWithScratch((int) dx.shape().dim(0) * blocks, backward);
  }

  private void operands(Tensor x, Tensor unit, Tensor norm, Tensor rdm) {
    this.x = x;
    this.unit = unit;
    this.norm = norm;
    this.rdm = rdm;
    batch = (int) x.shape().dim(1);
    width = x.columns();
    blocks = CpuSpans.tasks(batch, ROWS);
  }

  /** Rounded up to whole panels of columns. */
  private static int columnsOf(int n) {
    return (n + COLUMNS - 1) / COLUMNS * COLUMNS;
  }

  private static int padded(int n) {
    return (n + PADDING - 1) / PADDING * PADDING;
  }

  /** Where the pair (row, column) lies in a time's condensed RDM, for row below column. */
  private int pair(int row, int column) {
    return (int) ((long) row * (2L * batch - row - 1) / 2) + column - row - 1;
  }

  /** Rows of [T B, K]: centred and at unit length. */
  private final class Normalise extends RowTask {
    @Override
    void rows(int task, int begin, int end) {
      float[] xa = CpuBuffer.floats(x);
      float[] ua = CpuBuffer.floats(unit);
      for (int row = begin; row < end; row++) {
        int xi = CpuBuffer.row(x, row);
        int ui = CpuBuffer.row(unit, row);
        double mean = CpuRows.sum(xa, xi, width) / width;
        // The mean in two floats: rows whose mean is far above their spread keep their accuracy.
        float high = (float) mean;
        CpuArithmetic.shift(xa, xi, -high, ua, ui, width);
        CpuArithmetic.shift(ua, ui, (float) (high - mean), ua, ui, width);
        double length = Math.sqrt(CpuRows.dot(ua, ui, ua, ui, width));
        CpuArithmetic.scale((float) (1 / length), ua, ui, ua, ui, width);
        if (norm != null) {
          CpuBuffer.floats(norm)[CpuBuffer.offset(norm) + row] = (float) length;
        }
      }
    }
  }

  /** Panels of rows times panels of columns by the micro-kernel of products, one tile at a time. */
  private final class Products implements CpuThreads.ScratchTask {
    @Override
    public void run(int task, int thread) {
      int time = task / blocks;
      int begin = task % blocks * ROWS;
      int end = Math.min(batch, begin + ROWS);
      float[] own = scratch.of(thread);
      float[] ua = CpuBuffer.floats(unit);
      int ui = CpuBuffer.row(unit, time * batch);
      int first = begin / COLUMNS * COLUMNS;
      for (int column = first; column < batch; column += COLUMNS) {
        pack(ua, ui, column, batch, COLUMNS, own, column * width);
      }
      int rowPanel = columnsOf(batch) * width;
      int tile = rowPanel + TALL * width;
      for (int row = begin; row < end; row += TALL) {
        pack(ua, ui, row, end, TALL, own, rowPanel);
        // The distance 1 - r is then a sum.
        CpuArithmetic.scale(-1, own, rowPanel, own, rowPanel, TALL * width);
        for (int column = row / COLUMNS * COLUMNS; column < batch; column += COLUMNS) {
          GemmPanels.multiply(true, own, rowPanel, own, column * width, width, own, tile, false);
          store(time, row, end, column, own, tile);
        }
      }
    }

    /** Packs rows {@code first...}, of which those before {@code end} exist. */
    private void pack(float[] ua, int ui, int first, int end, int height, float[] target, int to) {
      int lines = Math.min(height, end - first);
      GemmPanels.pack(ua, ui + first * width, width, false, lines, height, width, target, to);
    }

    /** What of a tile lies above the diagonal. */
    private void store(int time, int row, int end, int column, float[] own, int tile) {
      float[] ra = CpuBuffer.floats(rdm);
      int ri = CpuBuffer.row(rdm, time);
      int last = Math.min(batch, column + COLUMNS);
      for (int r = row; r < Math.min(end, row + TALL); r++) {
        int from = Math.max(column, r + 1);
        if (from < last) {
          int at = tile + (r - row) * COLUMNS + from - column;
          CpuArithmetic.shift(own, at, 1, ra, ri + pair(r, from), last - from);
        }
      }
    }
  }

  private final class Backward implements CpuThreads.ScratchTask {
    @Override
    public void run(int task, int thread) {
      int time = task / blocks;
      int begin = task % blocks * ROWS;
      int end = Math.min(batch, begin + ROWS);
      float[] own = scratch.of(thread);
      int stride = padded(width);
      int product = batch * stride;
      int gradients = product + stride;
      float[] ua = CpuBuffer.floats(unit);
      int ui = CpuBuffer.row(unit, time * batch);
      for (int row = 0; row < batch; row++) {
        System.arraycopy(ua, ui + row * width, own, row * stride, width);
        Arrays.fill(own, row * stride + width, (row + 1) * stride, 0);
      }
      for (int row = begin; row < end; row++) {
        gather(row, CpuBuffer.row(rdm, time), own, gradients);
        RowProduct.multiply(own, gradients, batch, own, 0, stride, own, product, stride);
        finish(time * batch + row, own, product, ua, ui + row * width);
      }
    }

    /** Row {@code row} of the symmetric matrix of gradients. */
    private void gather(int row, int ri, float[] own, int at) {
      float[] ra = CpuBuffer.floats(rdm);
      for (int other = 0; other < row; other++) {
        own[at + other] = ra[ri + pair(other, row)];
      }
      own[at + row] = 0;
      System.arraycopy(ra, ri + pair(row, row + 1), own, at + row + 1, batch - row - 1);
    }

    /** From minus the gradient of a unit row to that of the row it came from. */
    private void finish(int row, float[] own, int at, float[] ua, int ui) {
      float[] xa = CpuBuffer.floats(x);
      int xi = CpuBuffer.row(x, row);
      float length = CpuBuffer.floats(norm)[CpuBuffer.offset(norm) + row];
      float along = (float) CpuRows.dot(own, at, ua, ui, width);
      CpuArithmetic.combine(-1 / length, own, at, along / length, ua, ui, xa, xi, width);
      double mean = CpuRows.sum(xa, xi, width) / width;
      CpuArithmetic.shift(xa, xi, (float) -mean, xa, xi, width);
    }
  }
}
