package io.attune.bench.jmh.question;

import io.attune.bench.jmh.Amount;
import io.attune.bench.jmh.Contest;
import io.attune.bench.jmh.Provider;
import io.attune.bench.jmh.Question;
import io.attune.bench.jmh.peer.Ours;
import io.attune.clip.ClipArchitecture;
import io.attune.clip.ClipConfig;
import io.attune.device.op.Activation;
import java.util.List;
import java.util.Map;

/**
 * Steps of the method's own training: the behaviour stage after caching beside libtorch that
 * recomputes all, and stage A of the MEG models.
 */
public final class TrainingBench implements Question {
  private static final int BATCH = 64;
  private static final int RECOMPUTED = 2;
  private static final int PROMPTS = 66;

  @Override
  public String name() {
    return "training";
  }

  @Override
  public String description() {
    return "steps of the behaviour stage, cached beside recomputed, and of the MEG stage A";
  }

  @Override
  public boolean tellsMemory() {
    return true;
  }

  @Override
  public List<Contest> contests() {
    return List.of(
        behavior(
            "vit-l-14 batch %d, libtorch %d images".formatted(BATCH, RECOMPUTED),
            ClipArchitecture.VIT_L_14.config(),
            BATCH,
            RECOMPUTED,
            PROMPTS),
        meg(new MegStep(50, 281, PROMPTS, 24)));
  }

  @Override
  public List<Contest> samples() {
    ClipConfig.Tower vision = new ClipConfig.Tower(128, 192, 3, 2, Activation.QUICK_GELU, 1e-5);
    ClipConfig.Tower text = new ClipConfig.Tower(64, 96, 2, 1, Activation.QUICK_GELU, 1e-5);
    ClipConfig config = new ClipConfig(vision, 32, 8, 3, text, 50, 9, 49, 48, 2.6592);
    return List.of(
        behavior("small", config, 3, 3, 5),
        behavior("small, shared", config, 4, 2, 5),
        meg(new MegStep(7, 11, 6, 4)));
  }

  /**
   * An epoch is so many of these steps, whatever the number of images.
   *
   * @param batch of ours
   * @param recomputed images that libtorch does in a run; it counts as longer accordingly
   */
  private static Contest behavior(
      String shape, ClipConfig config, int batch, int recomputed, int prompts) {
    return Contest.of(
            "behavior step",
            shape,
            Amount.items(batch, "images", 0),
            1e-4,
            Map.of(
                Provider.ATTUNE,
                threads ->
                    new OurBehavior(new Ours(threads), config, recomputed, prompts).step(batch),
                Provider.LIBTORCH,
                threads ->
                    TorchBehavior.step(config, recomputed, prompts, batch == recomputed, threads)))
        .sharing(Provider.LIBTORCH, (double) recomputed / batch)
        .paced(Contest.Pace.LONG);
  }

  private static Contest meg(MegStep step) {
    return Contest.of(
        "meg stage A step",
        "%d images, %d times, %d prompts, %d blocks"
            .formatted(step.images(), step.times(), step.prompts(), step.blocks()),
        Amount.once(),
        1e-4,
        Map.of(Provider.ATTUNE, step::ours, Provider.LIBTORCH, step::libtorch));
  }
}
