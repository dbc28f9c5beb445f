package io.attune.bench.jmh.question;

import ai.djl.pytorch.engine.PtNDArray;
import io.attune.bench.jmh.Contestant;
import io.attune.bench.jmh.peer.Ours;
import io.attune.bench.jmh.peer.Torch;
import io.attune.clip.ClipConfig;
import io.attune.device.Device;
import io.attune.hba.Adapter;
import io.attune.hba.AdapterSet;
import io.attune.nn.Parameter;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * libtorch's step of the behaviour stage with the weights of {@link OurBehavior}: every image
 * through the whole tower, as the published code does. The text tower, which it computes too, is
 * spared.
 */
final class TorchBehavior {
  private final Torch torch;
  private final TorchTower tower;
  private final List<PtNDArray> directions = new ArrayList<>();
  private final List<PtNDArray> parameters = new ArrayList<>();

  private TorchBehavior(OurBehavior model, Device device, int images, int threads) {
    tower = new TorchTower(model.model(), images, threads);
    torch = tower.torch();
    for (Adapter adapter : model.adapters().adapters().subList(0, OurBehavior.ADAPTED)) {
      Tensor own = AdapterSet.projection(model.model().clip(), adapter.site()).ownWeight().value();
      directions.add(
          torch.tensor(directions(device.toArray(own), own.columns()), own.rows(), own.columns()));
      for (Parameter parameter : adapter.parameters()) {
        parameters.add(
            torch.tensor(device.toArray(parameter.value()), parameter.value().shape().dims()));
      }
    }
  }

  /** A step; shows all predictions and, if asked, all first moments. */
  static Contestant step(
      ClipConfig config, int images, int prompts, boolean withMoments, int threads)
      throws Exception {
    try (Ours ours = new Ours(threads)) {
      OurBehavior model = new OurBehavior(ours, config, images, prompts);
      float scale = ours.device().toArray(model.model().clip().logitScale().value())[0];
      return new TorchBehavior(model, ours.device(), images, threads)
          .step(
              model.textEmbeddings(),
              OurBehavior.targets(images, prompts),
              new float[] {scale, OurBehavior.ADAPTERS.scale()},
              prompts,
              withMoments);
    }
  }

  private Contestant step(
      float[] texts, float[] targets, float[] scales, int prompts, boolean withMoments)
      throws Exception {
    List<PtNDArray> first = new ArrayList<>();
    List<PtNDArray> second = new ArrayList<>();
    List<PtNDArray> steps = new ArrayList<>();
    for (PtNDArray parameter : parameters) {
      first.add(torch.empty(parameter.getShape().getShape()));
      second.add(torch.empty(parameter.getShape().getShape()));
      steps.add(torch.empty());
    }
    return torch.training(
        "model+behavior",
        "step",
        List.of(
            tower.pixels(),
            torch.tensor(texts, prompts, texts.length / prompts),
            torch.tensor(targets, targets.length / prompts, prompts),
            torch.tensor(scales, scales.length),
            tower.weights(),
            directions,
            parameters,
            first,
            second,
            steps),
        withMoments ? first : List.of());
  }

  /** Rows at unit length. */
  private static float[] directions(float[] weight, int columns) {
    float[] unit = new float[weight.length];
    for (int from = 0; from < weight.length; from += columns) {
      double squares = 0;
      for (int i = from; i < from + columns; i++) {
        squares += (double) weight[i] * weight[i];
      }
      for (int i = from; i < from + columns; i++) {
        unit[i] = (float) (weight[i] / Math.sqrt(squares));
      }
    }
    return unit;
  }
}
