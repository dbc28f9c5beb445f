package io.attune.device.cpu;

import io.attune.device.op.MegShapes;
import io.attune.device.op.RdmOps;
import io.attune.tensor.Tensor;

/** Checks the shapes; {@link CorrelationRdm} and {@link RdmLoss} compute. */
final class CpuRdm implements RdmOps {
  private final CorrelationRdm correlation;
  private final RdmLoss loss;

  CpuRdm(CpuThreads threads) {
    correlation = new CorrelationRdm(threads);
    loss = new RdmLoss(threads);
  }

  @Override
  public void correlation(Tensor x, Tensor unit, Tensor norm, Tensor rdm) {
    MegShapes.correlation(x, unit, norm, rdm);
    correlation.forward(x, unit, norm, rdm);
  }

  @Override
  public void correlationBackward(Tensor drdm, Tensor unit, Tensor norm, Tensor dx) {
    MegShapes.correlationBackward(drdm, unit, norm, dx);
    correlation.backward(drdm, unit, norm, dx);
  }

  @Override
  public void loss(Tensor model, Tensor target, Tensor statistics, Tensor losses) {
    MegShapes.loss(model, target, statistics, losses);
    loss.forward(model, target, statistics, losses);
  }

  @Override
  public void lossBackward(
      Tensor model, Tensor target, Tensor statistics, Tensor weights, Tensor dmodel) {
    MegShapes.loss(model, target, statistics, weights);
    MegShapes.alike(dmodel, model);
    loss.backward(model, target, statistics, weights, dmodel);
  }
}
