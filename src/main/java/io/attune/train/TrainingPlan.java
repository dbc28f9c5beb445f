package io.attune.train;

import io.attune.clip.ClipConfig;
import io.attune.hba.AdapterSet;
import io.attune.hba.AdapterSite;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Works out from what trains what is constant, and what of it is kept: of each image the residual
 * stream before the lowest adapted block and its attention's output (or the embedding, where no
 * image block is adapted), and the same of each prompt. Results are those of recomputation.
 */
public final class TrainingPlan {
  private final TowerPlan vision;
  private final TowerPlan text;
  private final int images;
  private final int prompts;
  private final int batch;
  private final boolean cacheImages;
  private final boolean cacheTexts;

  private TrainingPlan(
      TowerPlan vision,
      TowerPlan text,
      int images,
      int prompts,
      int batch,
      boolean cacheImages,
      boolean cacheTexts) {
    this.vision = vision;
    this.text = text;
    this.images = images;
    this.prompts = prompts;
    this.batch = batch;
    this.cacheImages = cacheImages;
    this.cacheTexts = cacheTexts;
  }

  /**
   * The plan that caches all that is constant.
   *
   * @param images all that are ever looked at: training, validation and held-out
   * @param promptLength tokens of each prompt
   */
  public static TrainingPlan cachingAll(
      ClipConfig config,
      AdapterSet adapters,
      int images,
      int prompts,
      int promptLength,
      int batch) {
    int visionFirst = adapters.firstAdapted(AdapterSite.Tower.VISION, config.vision().blocks());
    int textFirst = adapters.firstAdapted(AdapterSite.Tower.TEXT, config.text().blocks());
    return new TrainingPlan(
        TowerPlan.vision(config, visionFirst),
        TowerPlan.text(config, textFirst, promptLength),
        images,
        prompts,
        batch,
        true,
        true);
  }

  /** The same with less cached. */
  public TrainingPlan caching(boolean someImages, boolean someTexts) {
    return new TrainingPlan(vision, text, images, prompts, batch, someImages, someTexts);
  }

  /** What fits into {@code limit} bytes; the prompts, which take little, come first. */
  public TrainingPlan within(long limit) {
    TrainingPlan textsOnly = caching(false, true);
    if (cachingAllBytes() <= limit) {
      return caching(true, true);
    }
    return textsOnly.cacheBytes() <= limit ? textsOnly : caching(false, false);
  }

  private long cachingAllBytes() {
    return caching(true, true).cacheBytes();
  }

  TowerPlan vision() {
    return vision;
  }

  TowerPlan text() {
    return text;
  }

  public boolean cachesImages() {
    return cacheImages;
  }

  public boolean cachesTexts() {
    return cacheTexts;
  }

  /** Bytes of what is cached. */
  public long cacheBytes() {
    return (cacheImages ? imageBytes() : 0) + (cacheTexts ? textBytes() : 0);
  }

  private long imageBytes() {
    return Float.BYTES * images * vision.cachedElements();
  }

  private long textBytes() {
    return Float.BYTES * prompts * text.cachedElements();
  }

  /** How {@link #cacheBytes} comes about. */
  String cacheFormula() {
    String ofImages = "4 x %,d images x %,d numbers".formatted(images, vision.cachedElements());
    String ofPrompts = "4 x %,d prompts x %,d".formatted(prompts, text.cachedElements());
    if (cacheImages && cacheTexts) {
      return ofImages + " + " + ofPrompts;
    }
    return cacheImages ? ofImages : cacheTexts ? ofPrompts : "nothing is cached";
  }

  /** Operations of a full training step if nothing were cached. */
  public double operationsWithout() {
    return batch * vision.operationsWithout() + prompts * text.operationsWithout();
  }

  /** Operations of a full training step as planned. */
  public double operations() {
    return batch * (cacheImages ? vision.operationsWith() : vision.operationsWithout())
        + prompts * (cacheTexts ? text.operationsWith() : text.operationsWithout());
  }

  /** A line for each tower and one for the saving, for people. */
  public List<String> describe() {
    List<String> lines = new ArrayList<>();
    lines.add(line("images", vision, images, cacheImages, imageBytes()));
    lines.add(line("prompts", text, prompts, cacheTexts, textBytes()));
    String step =
        String.format(
            Locale.ROOT, "a step of %d images takes %.1f GFLOP", batch, operations() * 1e-9);
    String saving =
        String.format(
            Locale.ROOT,
            ", without caches %.1f: %.1f times fewer",
            operationsWithout() * 1e-9,
            operationsWithout() / operations());
    lines.add(cacheImages || cacheTexts ? step + saving : step);
    return lines;
  }

  private static String line(String what, TowerPlan plan, int count, boolean cached, long bytes) {
    if (!cached) {
      return "%s: nothing is cached, a cache would take %s".formatted(what, size(bytes));
    }
    String kept =
        !plan.trains()
            ? "embeddings"
            : "residual stream and attention of block %d%s"
                .formatted(plan.first(), plan.pooledOnly() ? ", pooled token only" : "");
    return "%s: %s of %d %s cached, %s".formatted(what, kept, count, what, size(bytes));
  }

  /** Bytes for people. */
  static String size(long bytes) {
    String[] units = {"bytes", "KiB", "MiB", "GiB", "TiB"};
    double value = bytes;
    int unit = 0;
    while (value >= 1024 && unit < units.length - 1) {
      value /= 1024;
      unit++;
    }
    return String.format(Locale.ROOT, unit == 0 ? "%.0f %s" : "%.2f %s", value, units[unit]);
  }
}
