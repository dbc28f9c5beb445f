package io.attune.bench.jmh.question;

import ai.djl.pytorch.engine.PtNDArray;
import io.attune.bench.jmh.Contestant;
import io.attune.bench.jmh.peer.Ours;
import io.attune.bench.jmh.peer.Torch;
import io.attune.clip.ClipConfig;
import io.attune.clip.VisionTower;
import io.attune.device.Device;
import io.attune.nn.Block;
import io.attune.nn.LayerNorm;
import io.attune.nn.Linear;
import io.attune.nn.Parameter;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/** libtorch's image tower with the weights of ours; its packing of them is told in model.py. */
final class TorchTower {
  private static final int PATCH_KERNELS = 1;

  private final Torch torch;
  private final ClipConfig config;
  private final PtNDArray pixels;
  private final int batch;
  private final List<PtNDArray> weights = new ArrayList<>();
  private int lastFc2;

  /** The weights of {@code model}, which may be closed then. */
  TorchTower(OurTower model, int batch, int threads) {
    config = model.clip().config();
    this.batch = batch;
    torch = new Torch(threads);
    copy(model.ours().device(), model.clip().vision());
    pixels =
        torch.tensor(
            OurTower.pixels(config, batch),
            batch,
            config.channels(),
            config.imageSize(),
            config.imageSize());
  }

  /** A tower with the weights that ours draws. */
  static TorchTower random(ClipConfig config, int batch, int threads) {
    try (Ours ours = new Ours(threads)) {
      return new TorchTower(new OurTower(ours, config, batch), batch, threads);
    }
  }

  Torch torch() {
    return torch;
  }

  /** [images, 3, side, side] */
  PtNDArray pixels() {
    return pixels;
  }

  /** As model.py packs them. */
  List<PtNDArray> weights() {
    return weights;
  }

  private void copy(Device device, VisionTower tower) {
    add(device, tower.classEmbedding());
    add(device, tower.patchEmbedding());
    add(device, tower.positionEmbedding());
    add(device, tower.preLayerNorm());
    for (Block block : tower.blocks()) {
      add(device, block.layerNorm1());
      add(device, block.attention().packedWeight());
      add(device, block.attention().packedBias());
      add(device, block.attention().output());
      add(device, block.layerNorm2());
      add(device, block.mlp().fc1());
      lastFc2 = weights.size();
      add(device, block.mlp().fc2());
    }
    add(device, tower.postLayerNorm());
    add(device, tower.projection().ownWeight());
  }

  private void add(Device device, LayerNorm norm) {
    add(device, norm.weight());
    add(device, norm.bias());
  }

  private void add(Device device, Linear linear) {
    add(device, linear.ownWeight());
    add(device, linear.bias());
  }

  private void add(Device device, Parameter parameter) {
    add(device, parameter.value());
  }

  private void add(Device device, Tensor tensor) {
    weights.add(torch.tensor(device.toArray(tensor), tensor.shape().dims()));
  }

  Contestant forward() throws Exception {
    return torch.calling("model", "forward", List.of(pixels, weights));
  }

  Contestant training() throws Exception {
    List<PtNDArray> first = new ArrayList<>();
    List<PtNDArray> second = new ArrayList<>();
    List<PtNDArray> steps = new ArrayList<>();
    for (PtNDArray weight : weights) {
      first.add(torch.empty(weight.getShape().getShape()));
      second.add(torch.empty(weight.getShape().getShape()));
      steps.add(torch.empty());
    }
    PtNDArray target = torch.tensor(OurTower.target(config, batch), batch, config.projection());
    return torch.training(
        "model",
        "train",
        List.of(pixels, target, weights, first, second, steps),
        List.of(first.get(PATCH_KERNELS), first.get(lastFc2)));
  }
}
