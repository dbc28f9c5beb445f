package io.attune.bench;

import io.attune.clip.Clip;
import io.attune.clip.Similarity;
import io.attune.clip.TextPass;
import io.attune.clip.VisionPass;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.PhiloxKey;
import io.attune.device.Recording;
import io.attune.nn.PassOptions;
import io.attune.nn.Workspace;
import io.attune.tensor.Tensor;
import io.attune.train.AdamW;
import java.util.List;

/**
 * A step of CLIP's own training as {@code attune pretrain} does it: both towers, all parameters,
 * the contrastive loss read by the host, AdamW. Images and texts lie on the device already.
 */
final class TrainingWorkload implements Workload {
  private static final AdamW.Settings MOMENTS = new AdamW.Settings(0.9, 0.98, 1e-6);

  private final Device device;
  private final Clip clip;
  private final Arena arena;
  private final VisionPass vision;
  private final TextPass text;
  private final Similarity similarity;
  private final Tensor rowLse;
  private final Tensor columnLse;
  private final Tensor loss;
  private final AdamW optimizer;
  private final Recording recording;
  private final float[] value = new float[1];
  private long steps;

  TrainingWorkload(Device device, Clip clip, int batch) {
    this.device = device;
    this.clip = clip;
    arena = Arena.on(device);
    try {
      clip.setTrainable(true);
      clip.allocateGradients(arena);
      Workspace workspace = Workspace.on(arena);
      vision = new VisionPass(device, clip.vision(), workspace, batch, PassOptions.training(true));
      int length = clip.config().context();
      text =
          new TextPass(device, clip.text(), workspace, batch, length, PassOptions.training(false));
      similarity =
          new Similarity(
              device, clip.logitScale(), workspace, batch, batch, clip.config().projection(), true);
      rowLse = workspace.tensor("row_lse", batch);
      columnLse = workspace.tensor("column_lse", batch);
      loss = workspace.tensor("loss", 1);
      optimizer = new AdamW(arena, MOMENTS, List.of(new AdamW.Group(clip.parameters(), 0.1)));
      device.philox().normal(new PhiloxKey(3, 0, 0), 0, 0, 1, vision.pixels());
      text.setIds(ModelInputs.ids(clip.config(), batch), 0);
      recording = device.record(this::lossAndGradients);
    } catch (RuntimeException e) {
      close(null);
      throw e;
    }
  }

  private void lossAndGradients() {
    clip.zeroGradients(device);
    vision.forward();
    text.forward();
    similarity.forward(vision.embeds(), text.embeds());
    device.contrastive().loss(similarity.logits(), rowLse, columnLse, loss);
    device
        .contrastive()
        .lossBackward(similarity.logits(), rowLse, columnLse, similarity.logitsGradient());
    similarity.backward(vision.embedsGradient(), text.embedsGradient());
    vision.backward();
    text.backward();
  }

  @Override
  public void step(boolean replay) {
    if (replay) {
      recording.run();
    } else {
      lossAndGradients();
    }
    device.read(loss, value, 0);
    optimizer.step(device, 1e-6, ++steps);
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
    clip.setTrainable(false);
    arena.close();
  }
}
