package io.attune.device.cuda;

import io.attune.device.op.MegShapes;
import io.attune.device.op.RdmOps;
import io.attune.tensor.Tensor;

/** kernels/rdm.cu and kernels/rdm_loss.cu; all tensors are F32. */
final class CudaRdm implements RdmOps {
  private static final int WARP = 32;
  private static final int THREADS = 256;
  private static final int ROWS_PER_BLOCK = THREADS / WARP;

  /** Threads that add the rows of all times. */
  private static final int MEAN_THREADS = 1024;

  /** Images along each side of what a block of threads multiplies. */
  private static final int TILE = 64;

  /** Numbers in f64 that the loss keeps of a time until its last launch. */
  private static final int SUMS = 8;

  private final CudaContext context;
  private final CudaKernel normalise;
  private final CudaKernel product;
  private final CudaKernel correlationBackward;
  private final CudaKernel moments;
  private final CudaKernel meanRow;
  private final CudaKernel generalization;
  private final CudaKernel totals;
  private final CudaKernel gradient;

  CudaRdm(CudaContext context) {
    this.context = context;
    normalise = context.kernel("rdm", "rdm_normalise_f32");
    product = context.kernel("rdm", "rdm_product_f32");
    correlationBackward = context.kernel("rdm", "rdm_correlation_backward_f32");
    moments = context.kernel("rdm_loss", "rdm_loss_moments_f32");
    meanRow = context.kernel("rdm_loss", "rdm_loss_mean_row_f32");
    generalization = context.kernel("rdm_loss", "rdm_loss_generalization_f32");
    totals = context.kernel("rdm_loss", "rdm_loss_totals_f32");
    gradient = context.kernel("rdm_loss", "rdm_loss_gradient_f32");
  }

  @Override
  public void correlation(Tensor x, Tensor unit, Tensor norm, Tensor rdm) {
    MegShapes.correlation(x, unit, norm, rdm);
    CudaShapes.requireFloat(x);
    CudaShapes.requireFloat(unit);
    CudaShapes.requireFloat(rdm);
    if (norm != null) {
      CudaShapes.requireFloat(norm);
    }
    if (x.size() == 0) {
      return;
    }
    int rows = x.rows();
    normalise.tensor(x).tensor(unit).tensor(norm).number(rows).integer(x.columns());
    normalise.launch(Math.ceilDiv(rows, ROWS_PER_BLOCK), THREADS);
    if (rdm.size() > 0) {
      int batch = batch(x);
      int tiles = Math.ceilDiv(batch, TILE);
      product.tensor(unit).tensor(rdm).integer(batch).integer(x.columns()).integer(tiles);
      product.launch(Math.multiplyExact(tiles, tiles), rdm.rows(), 1, THREADS, 0);
    }
  }

  @Override
  public void correlationBackward(Tensor drdm, Tensor unit, Tensor norm, Tensor dx) {
    MegShapes.correlationBackward(drdm, unit, norm, dx);
    CudaShapes.requireFloat(drdm);
    CudaShapes.requireFloat(unit);
    CudaShapes.requireFloat(norm);
    CudaShapes.requireFloat(dx);
    if (dx.size() > 0) {
      int batch = batch(dx);
      correlationBackward.tensor(drdm).tensor(unit).tensor(norm).tensor(dx);
      correlationBackward.integer(batch).integer(dx.columns());
      correlationBackward.launch(Math.ceilDiv(batch, ROWS_PER_BLOCK), drdm.rows(), 1, THREADS, 0);
    }
  }

  private static int batch(Tensor x) {
    return (int) x.shape().dim(1);
  }

  @Override
  public void loss(Tensor model, Tensor target, Tensor statistics, Tensor losses) {
    checkLoss(model, target, statistics, losses);
    int times = model.rows();
    long pairs = model.columns();
    long sums = context.scratch(Math.max(1L, times) * SUMS * Double.BYTES);
    if (model.size() > 0) {
      moments.tensor(model).tensor(target).tensor(statistics).pointer(sums).number(pairs);
      moments.launch(times, THREADS);
      meanRow.tensor(model).tensor(target).tensor(statistics).pointer(0);
      launchMeanRow(model, 2);
      generalization.tensor(model).tensor(target).tensor(statistics).pointer(sums);
      generalization.integer(times).number(pairs).launch(times, THREADS);
    }
    totals.tensor(statistics).pointer(sums).tensor(losses).integer(times).number(pairs);
    totals.launch(1, THREADS);
  }

  @Override
  public void lossBackward(
      Tensor model, Tensor target, Tensor statistics, Tensor weights, Tensor dmodel) {
    checkLoss(model, target, statistics, weights);
    MegShapes.alike(dmodel, model);
    CudaShapes.requireFloat(dmodel);
    if (model.size() > 0) {
      meanRow.tensor(model).tensor(target).tensor(statistics).tensor(weights);
      launchMeanRow(model, 1);
      gradient.tensor(model).tensor(target).tensor(statistics).tensor(weights).tensor(dmodel);
      gradient.integer(model.rows()).number(model.columns()).launch(model.rows(), THREADS);
    }
  }

  private void launchMeanRow(Tensor model, int rdms) {
    meanRow.integer(model.rows()).number(model.columns());
    meanRow.launch(Math.ceilDiv(model.columns(), WARP), rdms, 1, MEAN_THREADS, 0);
  }

  private static void checkLoss(Tensor model, Tensor target, Tensor statistics, Tensor three) {
    MegShapes.loss(model, target, statistics, three);
    CudaShapes.requireFloat(model);
    CudaShapes.requireFloat(target);
    CudaShapes.requireFloat(statistics);
    CudaShapes.requireFloat(three);
  }
}
