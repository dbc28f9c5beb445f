package io.attune.bench.jmh.question;

import io.attune.bench.jmh.Contestant;
import io.attune.bench.jmh.peer.Ours;
import io.attune.bench.jmh.peer.Values;
import io.attune.clip.Clip;
import io.attune.clip.ClipConfig;
import io.attune.clip.TextTower;
import io.attune.clip.VisionTower;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.hba.AdapterKind;
import io.attune.hba.AdapterSet;
import io.attune.hba.AdapterSettings;
import io.attune.hba.BehaviorModel;
import io.attune.hba.BehaviorPreset;
import io.attune.hba.TextTrunk;
import io.attune.hba.TowerTail;
import io.attune.hba.VisionTrunk;
import io.attune.nn.Workspace;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;
import io.attune.train.AdamW;
import io.attune.train.BehaviorSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Our behaviour stage with random weights: adapters on the last two blocks of the image tower and
 * on the last of the text tower, all that is constant computed beforehand.
 */
final class OurBehavior {
  static final int ADAPTED = 2;
  static final AdapterSettings ADAPTERS =
      AdapterSettings.of(AdapterKind.DORA, 32, BehaviorPreset.PAPER);

  private static final int LENGTH = 8;
  private static final long SEED = 2;

  private final Ours ours;
  private final Device device;
  private final OurTower model;
  private final Clip clip;
  private final AdapterSet adapters;
  private final int images;
  private final TowerTail texts;

  /**
   * Runs the texts once.
   *
   * @param images different ones; a larger batch repeats them
   */
  OurBehavior(Ours ours, ClipConfig config, int images, int prompts) {
    this.ours = ours;
    this.images = images;
    device = ours.device();
    model = new OurTower(ours, config, images);
    clip = model.clip();
    adapters =
        new AdapterSet(
            ours.arena(), config, ADAPTERS, AdapterSet.lastBlocks(config, ADAPTED, 1), true);
    adapters.attach(clip);
    adapters.setBase(device, clip);
    adapters.initialize(device, SEED);
    texts = texts(prompts);
    adapters.compose(device);
    texts.forward();
  }

  OurTower model() {
    return model;
  }

  AdapterSet adapters() {
    return adapters;
  }

  /** [prompts, projection] of the adapters as they were drawn. */
  float[] textEmbeddings() {
    return device.toArray(texts.embeds());
  }

  private TowerTail texts(int prompts) {
    TextTower tower = clip.text();
    int first = tower.blocks().size() - 1;
    TowerTail tail =
        new TowerTail(
            device,
            new TowerTail.Parts(
                tower.blocks(), first, tower.finalLayerNorm(), tower.projection(), true),
            Workspace.on(ours.arena()),
            prompts,
            LENGTH);
    int[] ids = new int[prompts * LENGTH];
    int[] ends = new int[prompts];
    int last = clip.config().vocabularySize() - 1;
    for (int n = 0; n < prompts; n++) {
      for (int t = 0; t < LENGTH; t++) {
        ids[n * LENGTH + t] = t == LENGTH - 1 ? last : (7 * n + t) % last;
      }
      ends[n] = n * LENGTH + LENGTH - 1;
    }
    try (Arena arena = Arena.on(device)) {
      Workspace own = Workspace.on(arena);
      TextTrunk trunk = new TextTrunk(device, tower, own, prompts, LENGTH, first);
      Tensor rows = own.tensor("end_rows", DType.I32, prompts);
      trunk.forward(ids);
      device.write(rows, ends, 0);
      device.embedding().gatherRows(flat(trunk.stream()), rows, flat(tail.stream()));
      device.embedding().gatherRows(flat(trunk.attended()), rows, flat(tail.attended()));
      device.synchronize();
    }
    return tail;
  }

  private static Tensor flat(Tensor tensor) {
    return tensor.reshape(tensor.rows(), tensor.columns());
  }

  /**
   * A step of {@code batch} images from their caches. Shows the predictions of the first images
   * and, where the batch repeats none, the first moments of the image tower's adapters.
   */
  Contestant step(int batch) {
    VisionTower tower = clip.vision();
    int first = tower.blocks().size() - ADAPTED;
    int tokens = clip.config().visionTokens();
    Workspace workspace = Workspace.on(ours.arena());
    TowerTail tail =
        new TowerTail(
            device,
            new TowerTail.Parts(
                tower.blocks(), first, tower.postLayerNorm(), tower.projection(), false),
            workspace,
            batch,
            tokens);
    Tensor streams =
        workspace.tensor("cache.stream", (long) images * tokens, clip.config().vision().width());
    Tensor attended =
        workspace.tensor("cache.attended", (long) images * tokens, clip.config().vision().width());
    cache(first, streams, attended);
    // Views are made once: a step leaves no garbage.
    Tensor[] cachedStreams = imageRows(streams, tokens);
    Tensor[] cachedAttended = imageRows(attended, tokens);
    Tensor[] batchStreams = imageRows(tail.stream(), tokens);
    Tensor[] batchAttended = imageRows(tail.attended(), tokens);
    int prompts = texts.embeds().rows();
    BehaviorModel stage = new BehaviorModel(device, clip.logitScale(), tail, texts, workspace);
    device.write(stage.targets(), targets(batch, prompts), 0);
    AdamW optimizer =
        new AdamW(
            ours.arena(),
            AdamW.Settings.DEFAULT,
            List.of(new AdamW.Group(adapters.parameters(), BehaviorSettings.PAPER.weightDecay())));
    long[] steps = new long[1];
    List<Tensor> outputs = new ArrayList<>();
    outputs.add(stage.predictions().rowRange(0, images));
    if (batch == images) {
      for (int p = 0; p < 3 * ADAPTED; p++) {
        outputs.add(optimizer.moments().get(2 * p));
      }
    }
    return ours.running(
        () -> {
          for (int b = 0; b < batch; b++) {
            device.elementwise().copy(cachedStreams[b % images], batchStreams[b]);
            device.elementwise().copy(cachedAttended[b % images], batchAttended[b]);
          }
          adapters.clearGradients(device);
          adapters.compose(device);
          texts.forward();
          stage.predict();
          stage.backward();
          texts.backward();
          adapters.backward(device);
          optimizer.step(device, BehaviorSettings.PAPER.learningRate(), ++steps[0]);
        },
        outputs.toArray(Tensor[]::new));
  }

  /** The rows of each image. */
  private static Tensor[] imageRows(Tensor tensor, int tokens) {
    Tensor[] rows = new Tensor[tensor.rows() / tokens];
    Arrays.setAll(rows, b -> tensor.rowRange((long) b * tokens, tokens));
    return rows;
  }

  private void cache(int first, Tensor streams, Tensor attended) {
    try (Arena arena = Arena.on(device)) {
      VisionTrunk trunk =
          new VisionTrunk(device, clip.vision(), Workspace.on(arena), images, first);
      device.write(trunk.pixels(), OurTower.pixels(clip.config(), images), 0);
      trunk.forward();
      device.elementwise().copy(trunk.stream(), streams);
      device.elementwise().copy(flat(trunk.attended()), attended);
      device.synchronize();
    }
  }

  /** [images, prompts]; those of fewer images are the first of these. */
  static float[] targets(int images, int prompts) {
    return new Values().uniform(0, 20, images, prompts);
  }
}
