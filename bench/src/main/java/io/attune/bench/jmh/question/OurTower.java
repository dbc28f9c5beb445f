package io.attune.bench.jmh.question;

import io.attune.bench.jmh.Contestant;
import io.attune.bench.jmh.peer.Ours;
import io.attune.bench.jmh.peer.Values;
import io.attune.clip.Clip;
import io.attune.clip.ClipConfig;
import io.attune.clip.ClipInitializer;
import io.attune.clip.VisionPass;
import io.attune.nn.Parameter;
import io.attune.nn.PassOptions;
import io.attune.nn.Workspace;
import io.attune.tensor.Tensor;
import io.attune.train.AdamW;
import java.util.List;

/** Our image tower, random, with the pixels of one batch. */
final class OurTower {
  static final double LEARNING_RATE = 1e-5;
  static final double WEIGHT_DECAY = 0.01;

  private static final long SEED = 1;

  private final Ours ours;
  private final Clip clip;
  private final int batch;

  OurTower(ClipConfig config, int batch, int threads) {
    this(new Ours(threads), config, batch);
  }

  OurTower(Ours ours, ClipConfig config, int batch) {
    this.batch = batch;
    this.ours = ours;
    clip = new Clip(config, ours.arena());
    ClipInitializer.initialize(clip, ours.device(), SEED);
  }

  Clip clip() {
    return clip;
  }

  Ours ours() {
    return ours;
  }

  /** Normal pixels, [images, 3, side, side]. */
  static float[] pixels(ClipConfig config, int batch) {
    return new Values().normal(batch, config.channels(), config.imageSize(), config.imageSize());
  }

  /** What embeddings are trained towards, [images, projection]. */
  static float[] target(ClipConfig config, int batch) {
    Values values = new Values();
    values.normal(1);
    return values.normal(batch, config.projection());
  }

  private VisionPass pass(Workspace workspace, PassOptions options) {
    VisionPass pass = new VisionPass(ours.device(), clip.vision(), workspace, batch, options);
    ours.device().write(pass.pixels(), pixels(clip.config(), batch), 0);
    return pass;
  }

  Contestant forward() {
    VisionPass pass = pass(Workspace.on(ours.arena()), PassOptions.inference(true));
    return ours.running(pass::forward, pass.embeds());
  }

  /** Mean squared error, all gradients, AdamW; shows the loss and some first moments. */
  Contestant training() {
    List<Parameter> parameters = clip.vision().parameters();
    for (Parameter parameter : parameters) {
      parameter.setTrainable(true);
      parameter.allocateGradient(ours.arena());
    }
    Workspace workspace = Workspace.on(ours.arena());
    VisionPass pass = pass(workspace, PassOptions.training(true));
    Tensor target = workspace.tensor("target", batch, clip.config().projection());
    ours.device().write(target, target(clip.config(), batch), 0);
    Tensor loss = workspace.tensor("loss", 1);
    AdamW optimizer =
        new AdamW(
            ours.arena(),
            AdamW.Settings.DEFAULT,
            List.of(new AdamW.Group(parameters, WEIGHT_DECAY)));
    long[] steps = new long[1];
    return ours.running(
        () -> {
          // By number: an iterator is garbage until the loop is compiled.
          for (int i = 0; i < parameters.size(); i++) {
            ours.device().elementwise().fill(0, parameters.get(i).gradient());
          }
          pass.forward();
          ours.device()
              .reduce()
              .meanSquaredError(pass.embeds(), target, loss, pass.embedsGradient());
          pass.backward();
          optimizer.step(ours.device(), LEARNING_RATE, ++steps[0]);
        },
        loss,
        firstMoment(optimizer, parameters, clip.vision().patchEmbedding()),
        firstMoment(
            optimizer, parameters, clip.vision().blocks().getLast().mlp().fc2().ownWeight()));
  }

  private static Tensor firstMoment(
      AdamW optimizer, List<Parameter> parameters, Parameter parameter) {
    return optimizer.moments().get(2 * parameters.indexOf(parameter));
  }
}
