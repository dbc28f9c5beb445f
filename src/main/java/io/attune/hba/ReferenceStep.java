package io.attune.hba;

import io.attune.clip.Clip;
import io.attune.clip.Similarity;
import io.attune.clip.TextPass;
import io.attune.clip.VisionPass;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.format.Reference;
import io.attune.format.TensorSource;
import io.attune.nn.Parameter;
import io.attune.nn.PassOptions;
import io.attune.nn.Workspace;
import io.attune.tensor.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Runs the step that a reference file describes, so that its activations and gradients can be
 * compared. Only parameters whose gradient the file holds are made trainable: what is skipped for
 * frozen ones is proved along with the rest.
 */
final class ReferenceStep implements AutoCloseable {
  private static final String GRADIENT = "gradient.";
  private static final String PIXEL_GRADIENT = "gradient.pixel_values";

  private final Device device;
  private final Clip clip;
  private final Reference.Loss kind;
  private final TensorSource reference;
  private final Arena arena;
  private final ReferenceAdapters adapters;
  private final VisionPass vision;
  private final TextPass text;
  private final Similarity similarity;
  private final Tensor loss;
  private final Tensor target;
  private final Tensor rowLse;
  private final Tensor columnLse;
  private final MegReference meg;

  ReferenceStep(Device device, Clip clip, Reference file) {
    this.device = device;
    this.clip = clip;
    this.reference = file.tensors();
    this.kind = file.loss();
    this.arena = Arena.on(device);
    clip.setTrainable(false);
    for (Parameter parameter : clip.parameters()) {
      parameter.setTrainable(reference.contains(GRADIENT + parameter.name()));
    }
    clip.allocateGradients(arena);
    this.adapters = new ReferenceAdapters(device, clip, file, arena);

    int images = file.images();
    int texts = file.texts();
    // Asking for the input's gradient keeps every block's output, so that all can be compared.
    Workspace workspace = Workspace.on(arena);
    PassOptions options = PassOptions.training(false).withInputGradient(true);
    this.vision = new VisionPass(device, clip.vision(), workspace, images, options);
    this.text =
        new TextPass(device, clip.text(), workspace, texts, clip.config().context(), options);
    this.similarity =
        new Similarity(
            device, clip.logitScale(), workspace, images, texts, clip.config().projection(), true);
    this.loss = arena.allocate("loss", 1);
    this.target = kind == Reference.Loss.BEHAVIOR ? arena.allocate("targets", images, texts) : null;
    this.rowLse = arena.allocate("row_lse", texts);
    this.columnLse = arena.allocate("column_lse", texts);
    this.meg =
        kind == Reference.Loss.MEG
            ? new MegReference(device, clip, file, arena, vision, text)
            : null;
  }

  /** Runs forward, and backward unless the file's loss is {@code none}. */
  void run() {
    device.write(vision.pixels(), reference.read("input.pixel_values"), 0);
    text.setIds(reference.readInts("input.input_ids"), 0);
    adapters.compose();
    vision.forward();
    text.forward();
    similarity.forward(vision.embeds(), text.embeds());
    switch (kind) {
      case CONTRASTIVE -> {
        device.contrastive().loss(similarity.logits(), rowLse, columnLse, loss);
        device
            .contrastive()
            .lossBackward(similarity.logits(), rowLse, columnLse, similarity.logitsGradient());
      }
      case BEHAVIOR -> {
        device.write(target, reference.read("input.targets"), 0);
        device
            .reduce()
            .meanSquaredError(similarity.logits(), target, loss, similarity.logitsGradient());
      }
      case MEG -> {
        meg.run();
        adapters.backward();
        return;
      }
      default -> {
        return;
      }
    }
    similarity.backward(vision.embedsGradient(), text.embedsGradient());
    vision.backward();
    text.backward();
    adapters.backward();
  }

  /** Our tensor for every name that a reference may hold, in the order of the computation. */
  Map<String, Tensor> results() {
    Map<String, Tensor> results = new LinkedHashMap<>();
    results.put("activation.vision.embeddings", vision.stream());
    for (int n = 0; n < clip.vision().blocks().size(); n++) {
      results.put("activation.vision.layers." + n, vision.blockOutput(n));
    }
    results.put("activation.vision.pooled", vision.pooled());
    results.put("activation.image_embeds", vision.embeds());
    results.put("activation.text.embeddings", text.stream());
    for (int n = 0; n < clip.text().blocks().size(); n++) {
      results.put("activation.text.layers." + n, text.blockOutput(n));
    }
    results.put("activation.text.pooled", text.pooled());
    results.put("activation.text_embeds", text.embeds());
    results.put("activation.logits_per_image", similarity.logits());
    if (kind == Reference.Loss.NONE) {
      return results;
    }
    if (meg != null) {
      meg.addResults(results);
    }
    results.put("loss", meg == null ? loss : meg.loss());
    for (Parameter parameter : clip.parameters()) {
      if (parameter.gradient() != null) {
        results.put(GRADIENT + parameter.name(), parameter.gradient());
      }
    }
    results.put(PIXEL_GRADIENT, vision.pixelGradient());
    adapters
        .parameters()
        .forEach(parameter -> results.put(GRADIENT + parameter.name(), parameter.gradient()));
    return results;
  }

  /** Gives the model back as it was: frozen, with its own weights in place. */
  @Override
  public void close() {
    adapters.restore();
    clip.setTrainable(false);
    arena.close();
  }
}
