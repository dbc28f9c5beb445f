package io.attune.device.cuda;

/**
 * The launches of kernels that work row by row with kernels/common/row.cuh: a warp a row as long as
 * a row fits into its registers, then a block a row.
 */
final class CudaRows {
  /** WARP_ROW of row.cuh. */
  private static final int WARP_ROW = 1024;

  private static final int WARP = 32;
  private static final int WARPS_OF_SHORT_ROWS = 8;
  private static final int MOST_WARPS = 16;

  private CudaRows() {}

  /** Queues a kernel whose arguments are set; there is at least one row. */
  static void launch(CudaKernel kernel, int rows, int columns) {
    if (columns <= WARP_ROW) {
      kernel.launch(Math.ceilDiv(rows, WARPS_OF_SHORT_ROWS), WARPS_OF_SHORT_ROWS * WARP);
    } else {
      kernel.launch(rows, Math.min(MOST_WARPS, Math.ceilDiv(columns, WARP_ROW)) * WARP);
    }
  }
}
