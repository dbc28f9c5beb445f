package io.attune.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.attune.clip.Clip;
import io.attune.clip.ClipConfig;
import io.attune.clip.ClipModel;
import io.attune.device.Device;
import io.attune.device.cuda.CudaClock;
import io.attune.device.cuda.CudaException;
import io.attune.device.cuda.CudaMemory;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/** Measures the rows of one model in one precision, one at a time, each within its own time. */
final class ModelStage {
  private static final int ROUNDS = 2;
  private static final double MILLISECONDS = 1500;

  /** Seconds that a second round of a way that is prepared takes. */
  private static final double AGAIN_SECONDS = 4;

  private final Device device;
  private final Clip clip;
  private final ModelPlan.Group group;
  private final double rate;
  private final BenchSettings settings;
  private final Peer peer;
  private final Path folder;
  private final CudaClock clock;
  private final CudaMemory memory;
  private final int prompts;
  private boolean failed;
  private boolean broken;

  /**
   * @param rate of products in this precision, operations a second
   * @param peer that has the model's weights; null for none
   * @param folder of the model's weights, and for a while of a run
   */
  ModelStage(
      Device device,
      ClipModel model,
      ModelPlan.Group group,
      double rate,
      BenchSettings settings,
      Peer peer,
      Path folder) {
    this.device = device;
    this.clip = model.clip();
    this.group = group;
    this.rate = rate;
    this.settings = settings;
    this.peer = peer;
    this.folder = folder;
    clock = CudaClock.of(device);
    memory = CudaMemory.of(device);
    prompts = settings.tiny() ? 3 : 66;
  }

  /** Whether a row failed. */
  boolean failed() {
    return failed;
  }

  /** Whether the device serves no more. */
  boolean broken() {
    return broken;
  }

  /**
   * Measures a row.
   *
   * @param until nothing more of it is begun after that, but ours is measured once
   * @param report the rows of this run so far
   * @param to takes what is known of the row after each round
   */
  void measure(ModelPlan.Row row, Deadline until, Report report, Consumer<Map<String, Object>> to) {
    if (row.part() == ModelPlan.Part.STAGE) {
      to.accept(stage(row, until, report));
      return;
    }
    ModelRow found =
        new ModelRow(
            group.name(), row.part().label(), group.label(), row.batch(), operations(row), rate);
    for (int round = 0; round < ROUNDS && !broken; round++) {
      if (round == 0 || until.secondsLeft() > AGAIN_SECONDS || settings.tiny()) {
        ours(found, row);
      }
      for (String way : row.ways()) {
        if (!broken && peer != null && !found.isFailed(way)) {
          theirs(found, row, way, round, until);
        }
      }
      to.accept(found.content());
    }
  }

  private void theirs(ModelRow found, ModelPlan.Row row, String way, int round, Deadline until) {
    double needed = round == 0 ? ModelPlan.Row.seconds(way) : AGAIN_SECONDS;
    if (until.secondsLeft() > needed || settings.tiny()) {
      found.peer(way, askPeer(row, way));
    } else {
      found.leaveOut(way);
    }
  }

  private double operations(ModelPlan.Row row) {
    ClipConfig config = clip.config();
    return switch (row.part()) {
      case INFERENCE -> ModelWork.image(config);
      case ADAPTER -> ModelWork.adapters(config, (double) prompts / row.batch());
      case TRAINING -> ModelWork.training(config);
      case CACHED, STAGE -> Double.NaN;
    };
  }

  private Workload workload(ModelPlan.Row row) {
    return switch (row.part()) {
      case INFERENCE -> new InferenceWorkload(device, clip, row.batch());
      case ADAPTER -> new AdapterWorkload(device, clip, row.batch(), prompts, false);
      case CACHED -> new AdapterWorkload(device, clip, row.batch(), prompts, true);
      case TRAINING -> new TrainingWorkload(device, clip, row.batch());
      case STAGE -> throw new IllegalArgumentException("a stage is no step");
    };
  }

  private void ours(ModelRow found, ModelPlan.Row row) {
    try (Workload workload = workload(row)) {
      for (boolean replay : new boolean[] {true, false}) {
        double once = clock.milliseconds(3, 2, i -> workload.step(replay))[0];
        if (replay) {
          memory.resetPeak();
        }
        int repetitions =
            settings.tiny() ? 2 : (int) Math.clamp(MILLISECONDS / Math.max(1e-3, once), 5, 30);
        found.ours(
            replay, Timing.of(clock.milliseconds(0, repetitions, i -> workload.step(replay)), 1));
      }
      found.memory(workload.bytes(), memory.peakBytes(), memory.usedBytes());
    } catch (RuntimeException e) {
      found.failed(why(e));
    }
  }

  private String why(Exception e) {
    failed = true;
    broken = e instanceof CudaException && !KernelBench.stillServes(device);
    return String.valueOf(e.getMessage());
  }

  private Map<String, Object> stage(ModelPlan.Row row, Deadline until, Report report) {
    Map<String, Object> content = new LinkedHashMap<>();
    content.put("model", group.name());
    content.put("part", row.part().label());
    content.put("precision", group.label());
    content.put("batch", row.batch());
    BehaviorStage.Extent extent =
        settings.tiny()
            ? BehaviorStage.Extent.tiny(row.batch())
            : BehaviorStage.Extent.things(row.batch());
    try {
      memory.resetPeak();
      content.putAll(new BehaviorStage(device, clip, extent).run(folder, until));
      content.put("peak_bytes", memory.peakBytes());
      failed |= content.containsKey("failed");
    } catch (IOException | RuntimeException e) {
      content.put("failed", why(e));
    }
    if (!settings.tiny()) {
      content.put("goal_seconds", BehaviorStage.GOAL_SECONDS);
    }
    comparePeer(content, extent, report);
    return content;
  }

  /** Sets beside it what PyTorch would take that computes every step whole, as is published. */
  private void comparePeer(
      Map<String, Object> content, BehaviorStage.Extent extent, Report report) {
    String key =
        "%s/%s/%d".formatted(group.prefix(), ModelPlan.Part.ADAPTER.label(), extent.batch());
    for (Map<String, Object> row : report.rows()) {
      if (key.equals(row.get("key"))
          && row.get("peer_name") instanceof String best
          && row.get("peer_images_per_s") instanceof Map<?, ?> rates
          && rates.get(best) instanceof Number rate) {
        double seconds = (double) extent.epochs() * extent.train() / rate.doubleValue();
        content.put("peer_name", best);
        content.put("peer_seconds_extrapolated", seconds);
        if (content.get("seconds") instanceof Double ours) {
          content.put("ratio", seconds / ours);
        }
      }
    }
  }

  private JsonNode askPeer(ModelPlan.Row row, String way) {
    Map<String, Object> request = new LinkedHashMap<>();
    if (row.part() == ModelPlan.Part.ADAPTER) {
      request.put("prompts", prompts);
      request.put("rank", AdapterWorkload.RANK);
      request.put("vision_blocks", AdapterWorkload.VISION_BLOCKS);
      request.put("text_blocks", AdapterWorkload.TEXT_BLOCKS);
    }
    request.put("folder", folder.toAbsolutePath().toString());
    request.put("precision", group.label());
    request.put("batch", row.batch());
    request.put("way", way);
    request.put("milliseconds", settings.tiny() ? 1 : MILLISECONDS);
    double left = settings.deadline().secondsLeft() - ModelBench.RESERVE_SECONDS;
    return peer.ask(row.part().label(), request, Math.clamp(left, 1, ModelBench.PEER_SECONDS));
  }
}
