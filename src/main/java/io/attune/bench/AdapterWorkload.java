package io.attune.bench;

import io.attune.clip.Clip;
import io.attune.clip.ClipConfig;
import io.attune.clip.TextPass;
import io.attune.clip.VisionPass;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.PhiloxKey;
import io.attune.device.Recording;
import io.attune.hba.AdapterKind;
import io.attune.hba.AdapterSet;
import io.attune.hba.AdapterSettings;
import io.attune.hba.AdapterSite;
import io.attune.hba.BehaviorModel;
import io.attune.hba.BehaviorPreset;
import io.attune.hba.EmbeddingPath;
import io.attune.hba.TowerTail;
import io.attune.nn.PassOptions;
import io.attune.nn.Workspace;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;
import io.attune.train.AdamW;
import java.util.List;

/**
 * A step of the behaviour stage: DoRA on the last blocks of a frozen model, every prompt against
 * every image, the loss read by the host, AdamW on the adapters. Either whole towers from pixels
 * and tokens, or what is left of them where the constant part is cached.
 */
final class AdapterWorkload implements Workload {
  /** Adapted blocks and the adapters' rank, as published. */
  static final int VISION_BLOCKS = 2;

  static final int TEXT_BLOCKS = 1;
  static final int RANK = 32;

  private final Device device;
  private final Clip clip;
  private final Arena arena;
  private final AdapterSet adapters;
  private final EmbeddingPath texts;
  private final BehaviorModel model;
  private final AdamW optimizer;
  private final Recording recording;
  private final float[] value = new float[1];
  private long steps;

  /**
   * @param cached whether only the part above what is constant is computed
   */
  AdapterWorkload(Device device, Clip clip, int batch, int prompts, boolean cached) {
    this.device = device;
    this.clip = clip;
    arena = Arena.on(device);
    ClipConfig config = clip.config();
    List<AdapterSite> sites = AdapterSet.lastBlocks(config, VISION_BLOCKS, TEXT_BLOCKS);
    AdapterSettings settings =
        AdapterSettings.of(
            AdapterKind.DORA, Math.min(RANK, config.text().width()), BehaviorPreset.PAPER);
    adapters = new AdapterSet(arena, config, settings, sites, true);
    adapters.attach(clip);
    try {
      adapters.setBase(device, clip);
      adapters.initialize(device, 1);
      Workspace workspace = Workspace.on(arena);
      EmbeddingPath images = cached ? visionTail(workspace, batch) : vision(workspace, batch);
      texts = cached ? textTail(workspace, prompts) : text(workspace, prompts);
      model = new BehaviorModel(device, clip.logitScale(), images, texts, workspace);
      device.philox().uniform(new PhiloxKey(3, 4, 0), 0, 0, 100, model.targets());
      optimizer =
          new AdamW(
              arena, AdamW.Settings.DEFAULT, List.of(new AdamW.Group(adapters.parameters(), 0.01)));
      recording = device.record(this::lossAndGradients);
    } catch (RuntimeException e) {
      close(null);
      throw e;
    }
  }

  private EmbeddingPath vision(Workspace workspace, int batch) {
    VisionPass pass =
        new VisionPass(device, clip.vision(), workspace, batch, PassOptions.training(true));
    device.philox().normal(new PhiloxKey(3, 0, 0), 0, 0, 1, pass.pixels());
    return EmbeddingPath.Whole.of(pass, true);
  }

  private EmbeddingPath text(Workspace workspace, int prompts) {
    TextPass pass =
        new TextPass(
            device,
            clip.text(),
            workspace,
            prompts,
            clip.config().context(),
            PassOptions.training(false));
    pass.setIds(ModelInputs.ids(clip.config(), prompts), 0);
    return EmbeddingPath.Whole.of(pass, true);
  }

  private EmbeddingPath visionTail(Workspace workspace, int batch) {
    int blocks = clip.vision().blocks().size();
    TowerTail.Parts parts =
        new TowerTail.Parts(
            clip.vision().blocks(),
            adapters.firstAdapted(AdapterSite.Tower.VISION, blocks),
            clip.vision().postLayerNorm(),
            clip.vision().projection(),
            false);
    return filled(new TowerTail(device, parts, workspace, batch, clip.config().visionTokens()));
  }

  private EmbeddingPath textTail(Workspace workspace, int prompts) {
    int blocks = clip.text().blocks().size();
    TowerTail.Parts parts =
        new TowerTail.Parts(
            clip.text().blocks(),
            adapters.firstAdapted(AdapterSite.Tower.TEXT, blocks),
            clip.text().finalLayerNorm(),
            clip.text().projection(),
            true);
    return filled(new TowerTail(device, parts, workspace, prompts, clip.config().context()));
  }

  /** Random values in the place of what a cache would hold; TEXT_BLOCKS of 1 has no end rows. */
  private TowerTail filled(TowerTail tail) {
    fill(tail.stream(), 5);
    fill(tail.attended(), 6);
    return tail;
  }

  private void fill(Tensor tensor, int stream) {
    Tensor wide = device.allocate("wide", DType.F32, tensor.shape());
    device.philox().normal(new PhiloxKey(3, stream, 0), 0, 0, 1, wide);
    device.elementwise().copy(wide, tensor);
    device.synchronize();
    wide.buffer().close();
  }

  private void lossAndGradients() {
    adapters.clearGradients(device);
    adapters.compose(device);
    texts.forward();
    model.predict();
    model.backward();
    texts.backward();
    adapters.backward(device);
  }

  @Override
  public void step(boolean replay) {
    if (replay) {
      recording.run();
    } else {
      lossAndGradients();
    }
    device.read(model.loss(), value, 0);
    optimizer.step(device, 1e-5, ++steps);
  }

  @Override
  public long bytes() {
    return arena.bytes();
  }

  @Override
  public void close() {
    close(recording);
  }

  private void close(Recording recorded) {
    if (recorded != null) {
      recorded.close();
    }
    adapters.detach(clip);
    arena.close();
  }
}
