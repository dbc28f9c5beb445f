package io.attune.hba;

import io.attune.clip.Clip;
import io.attune.clip.TextPass;
import io.attune.clip.VisionPass;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.op.Epilogue;
import io.attune.device.op.Noise;
import io.attune.format.Reference;
import io.attune.format.TensorSource;
import io.attune.nn.Linear;
import io.attune.nn.Workspace;
import io.attune.tensor.Tensor;
import java.util.Map;

/**
 * The MEG step of a reference file. Other than in training, projection, texts and logit scale may
 * have gradients too, so that similarities are computed as they are written: {@code
 * exp(logit_scale) (C proj) . unit}.
 */
final class MegReference {
  private final Device device;
  private final Clip clip;
  private final VisionPass vision;
  private final TextPass text;
  private final LayerMixing layers;
  private final MegHead head;
  private final Tensor classTokens;
  private final Tensor dclassTokens;
  private final Tensor projected;
  private final Tensor dprojected;
  private final Tensor textUnit;
  private final Tensor textNorm;
  private final Tensor cosine;
  private final Tensor dcosine;
  private final Tensor features;
  private final Tensor dfeatures;
  private final Tensor loss;
  private final Tensor rdm;

  MegReference(
      Device device, Clip clip, Reference file, Arena arena, VisionPass vision, TextPass text) {
    this.device = device;
    this.clip = clip;
    this.vision = vision;
    this.text = text;
    TensorSource source = file.tensors();
    int batch = file.images();
    int prompts = file.texts();
    int times = file.timePoints();
    int blocks = clip.vision().blocks().size();
    int window = (int) file.setting("window");
    layers = LayerMixing.allocate(arena, times, blocks, window, true);
    device.write(layers.weights().value(), source.read("input.layer_weights"), 0);
    TimeCourses courses =
        new TimeCourses(
            source.read("input.richness"),
            source.read("input.generalization"),
            source.read("input.noise_level"));
    Tensor normal = arena.allocate("noise", times, batch, prompts);
    Tensor floor = arena.allocate("floor", times, batch, prompts);
    device.write(normal, source.read("input.noise"), 0);
    device.write(floor, source.read("input.floor"), 0);
    head =
        new MegHead(
            device,
            layers,
            MegHead.Times.allocate(arena, device, courses, window),
            Noise.given(normal, floor),
            Workspace.on(arena),
            batch,
            prompts,
            true);
    device.write(head.target(), upperTriangles(source.read("input.meg_rdm"), times, batch), 0);
    device.write(head.lossWeights(), lossWeights(file), 0);
    int rows = Math.multiplyExact(blocks, batch);
    int width = clip.config().vision().width();
    int projection = clip.config().projection();
    classTokens = arena.allocate("class_tokens", rows, width);
    dclassTokens = arena.allocate("dclass_tokens", rows, width);
    projected = arena.allocate("projected", rows, projection);
    dprojected = arena.allocate("dprojected", rows, projection);
    textUnit = arena.allocate("text_unit", prompts, projection);
    textNorm = arena.allocate("text_norm", prompts);
    cosine = arena.allocate("cosine", rows, prompts);
    dcosine = arena.allocate("dcosine", rows, prompts);
    features = head.features().reshape(rows, prompts);
    dfeatures = head.featureGradient().reshape(rows, prompts);
    loss = arena.allocate("loss", 1, 1);
    rdm = arena.allocate("rdm", times, batch, batch);
    vision.tapClassTokens(classTokens, dclassTokens);
  }

  private static float[] lossWeights(Reference file) {
    return weights(file, "weight.").over(weights(file, "normalizer."));
  }

  private static MegLossWeights weights(Reference file, String prefix) {
    return new MegLossWeights(
        file.setting(prefix + "pearson"),
        file.setting(prefix + "mse"),
        file.setting(prefix + "generalization"));
  }

  /** Loss and gradients; both towers' forward passes have been run. */
  void run() {
    Linear projection = clip.vision().projection();
    projection.forward(device, classTokens, projected, Epilogue.NONE);
    device.normalize().l2(text.embeds(), textUnit, textNorm);
    device.gemm().multiply(false, projected, true, textUnit, 1, 0, cosine, Epilogue.NONE);
    device.contrastive().logits(cosine, clip.logitScale().value(), features);
    head.forward();
    Tensor weights = head.lossWeights().reshape(1, 3);
    Tensor parts = head.losses().reshape(1, 3);
    device.gemm().multiply(false, weights, true, parts, 1, 0, loss, Epilogue.NONE);

    head.backward();
    device
        .contrastive()
        .logitsBackward(
            dfeatures, features, clip.logitScale().value(), dcosine, clip.logitScale().gradient());
    device.gemm().multiply(false, dcosine, false, textUnit, 1, 0, dprojected, Epilogue.NONE);
    Tensor dtext = text.embedsGradient();
    device.gemm().multiply(true, dcosine, false, projected, 1, 0, dtext, Epilogue.NONE);
    device.normalize().l2Backward(dtext, textUnit, textNorm, dtext);
    projection.backwardParameters(device, classTokens, dprojected);
    projection.backwardInput(device, dprojected, 0, dclassTokens);
    vision.backwardFromClassTokens();
    text.backward();
    device.write(rdm, squares(device.toArray(head.rdm()), rdm.shape().dim(0), rdm.columns()), 0);
  }

  /** Our tensor for every name that only a meg reference holds. */
  void addResults(Map<String, Tensor> results) {
    results.put("activation.mixing", head.mixing());
    results.put("activation.embeddings", head.embeddings());
    results.put("activation.rdm", rdm);
    results.put("loss.pearson", head.losses().columnRange(0, 1));
    results.put("loss.mse", head.losses().columnRange(1, 1));
    results.put("loss.generalization", head.losses().columnRange(2, 1));
    results.put("gradient.layer_weights", layers.weights().gradient());
  }

  /** [1] */
  Tensor loss() {
    return loss;
  }

  private static float[] upperTriangles(float[] squares, int times, int n) {
    float[] triangles = new float[times * n * (n - 1) / 2];
    int at = 0;
    for (int t = 0; t < times; t++) {
      for (int a = 0; a < n; a++) {
        for (int b = a + 1; b < n; b++) {
          triangles[at++] = squares[(t * n + a) * n + b];
        }
      }
    }
    return triangles;
  }

  private static float[] squares(float[] triangles, int times, int n) {
    float[] squares = new float[times * n * n];
    int at = 0;
    for (int t = 0; t < times; t++) {
      for (int a = 0; a < n; a++) {
        for (int b = a + 1; b < n; b++) {
          squares[(t * n + a) * n + b] = triangles[at];
          squares[(t * n + b) * n + a] = triangles[at++];
        }
      }
    }
    return squares;
  }
}
