package io.attune.bench.jmh.question;

import io.attune.bench.jmh.Amount;
import io.attune.bench.jmh.Contest;
import io.attune.bench.jmh.Provider;
import io.attune.bench.jmh.Question;
import io.attune.clip.ClipArchitecture;
import io.attune.clip.ClipConfig;
import io.attune.device.op.Activation;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Whole image towers with random weights: pixels to embeddings, and a step that trains every
 * parameter. libtorch computes every token in every block, as models in PyTorch do; ours leaves out
 * what does not reach the class token.
 */
public final class ModelBench implements Question {
  @Override
  public String name() {
    return "model";
  }

  @Override
  public String description() {
    return "ViT-B/32 and ViT-L/14, forward and training step";
  }

  @Override
  public boolean tellsMemory() {
    return true;
  }

  @Override
  public List<Contest> contests() {
    return Stream.concat(
            contests("vit-b-32", ClipArchitecture.VIT_B_32.config(), 16),
            contests("vit-l-14", ClipArchitecture.VIT_L_14.config(), 2))
        .toList();
  }

  @Override
  public List<Contest> samples() {
    ClipConfig.Tower vision = new ClipConfig.Tower(128, 192, 2, 2, Activation.QUICK_GELU, 1e-5);
    ClipConfig.Tower text = new ClipConfig.Tower(64, 64, 1, 1, Activation.QUICK_GELU, 1e-5);
    return contests("small", new ClipConfig(vision, 32, 8, 3, text, 50, 7, 49, 48, 2.6592), 3)
        .toList();
  }

  private static Stream<Contest> contests(String name, ClipConfig config, int batch) {
    String shape = "%s batch %d".formatted(name, batch);
    double flops = batch * flops(config);
    return Stream.of(
            Contest.of(
                "model forward",
                shape,
                Amount.items(batch, "images", flops),
                1e-4,
                Map.of(
                    Provider.ATTUNE,
                    threads -> new OurTower(config, batch, threads).forward(),
                    Provider.LIBTORCH,
                    threads -> TorchTower.random(config, batch, threads).forward())),
            Contest.of(
                "model training step",
                shape,
                Amount.items(batch, "images", 3 * flops),
                1e-4,
                Map.of(
                    Provider.ATTUNE,
                    threads -> new OurTower(config, batch, threads).training(),
                    Provider.LIBTORCH,
                    threads -> TorchTower.random(config, batch, threads).training())))
        .map(contest -> contest.paced(Contest.Pace.LONG));
  }

  /** Of products and attention for one image, every token in every block. */
  private static double flops(ClipConfig config) {
    ClipConfig.Tower tower = config.vision();
    double width = tower.width();
    double tokens = config.visionTokens();
    double products = 2 * tokens * (4 * width * width + 2 * width * tower.hidden());
    double attention = 4 * tokens * tokens * width;
    double patches = 2 * (tokens - 1) * config.patchLength() * width;
    return tower.blocks() * (products + attention) + patches + 2 * width * config.projection();
  }
}
