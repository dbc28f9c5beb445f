package io.attune.train;

import io.attune.clip.Clip;
import io.attune.clip.ImagePreprocessor;
import io.attune.clip.Similarity;
import io.attune.clip.TextPass;
import io.attune.clip.VisionPass;
import io.attune.data.ImageBatches;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.PhiloxKey;
import io.attune.device.Recording;
import io.attune.hba.RandomStream;
import io.attune.nn.PassOptions;
import io.attune.nn.Workspace;
import io.attune.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * CLIP's own training (Radford et al. 2021): every image of a batch against every caption of it,
 * all parameters of both towers. A pair's caption is found by its place in the batch.
 */
final class ContrastiveTask implements TrainingTask, AutoCloseable {
  /** ln 100: the largest logit scale, as in CLIP. */
  private static final float LARGEST_SCALE = (float) Math.log(100);

  private static final int DECODERS = 2;

  /**
   * Pairs of one kind, with captions padded to one length.
   *
   * @param images files
   * @param ids [images, length] token ids
   */
  record Pairs(List<Path> images, int[] ids, int length) {
    int size() {
      return images.size();
    }
  }

  private final Device device;
  private final Clip clip;
  private final Pairs training;
  private final Pairs validation;
  private final ImagePreprocessor preprocessor;
  private final int batchSize;
  private final long seed;
  private final CosineSchedule schedule;
  private final boolean recompute;
  private final Workspace workspace;
  private final Pass full;

  /** By number of pairs, made when first needed; shorter ones share the full one's memory. */
  private final Pass[] passes;

  private final int[] batchIds;
  private final float[] scalar = new float[1];
  private int[] order;
  private int next = -1;
  private ImageBatches images;
  private Tensor loss;

  ContrastiveTask(
      Device device,
      Arena arena,
      Clip clip,
      Pairs training,
      Pairs validation,
      ImagePreprocessor preprocessor,
      int batchSize,
      long seed,
      CosineSchedule schedule,
      boolean recompute) {
    this.device = device;
    this.clip = clip;
    this.training = training;
    this.validation = validation;
    this.preprocessor = preprocessor;
    this.batchSize = Math.min(batchSize, training.size());
    this.seed = seed;
    this.schedule = schedule;
    this.recompute = recompute;
    this.workspace = Workspace.on(arena);
    this.passes = new Pass[this.batchSize + 1];
    this.full = pass(this.batchSize);
    this.batchIds = new int[this.batchSize * training.length()];
    this.loss = full.loss;
  }

  /** Both towers and the loss for one number of pairs. */
  private final class Pass {
    final VisionPass vision;
    final TextPass text;
    final Similarity similarity;
    final Tensor rowLse;
    final Tensor columnLse;
    final Tensor loss;
    final Recording step;
    final Recording evaluation;

    Pass(Workspace workspace, int count) {
      vision =
          new VisionPass(
              device,
              clip.vision(),
              workspace,
              count,
              PassOptions.training(true).withRecompute(recompute));
      text =
          new TextPass(
              device,
              clip.text(),
              workspace,
              count,
              training.length(),
              PassOptions.training(false).withRecompute(recompute));
      similarity =
          new Similarity(
              device, clip.logitScale(), workspace, count, count, clip.config().projection(), true);
      rowLse = workspace.tensor("row_lse", count);
      columnLse = workspace.tensor("column_lse", count);
      loss = workspace.tensor("loss", 1);
      step = device.record(this::lossAndGradients);
      evaluation = device.record(this::forward);
    }

    private void lossAndGradients() {
      clip.zeroGradients(device);
      forward();
      backward();
    }

    void forward() {
      vision.forward();
      text.forward();
      similarity.forward(vision.embeds(), text.embeds());
      device.contrastive().loss(similarity.logits(), rowLse, columnLse, loss);
    }

    void backward() {
      device
          .contrastive()
          .lossBackward(similarity.logits(), rowLse, columnLse, similarity.logitsGradient());
      similarity.backward(vision.embedsGradient(), text.embedsGradient());
      vision.backward();
      text.backward();
    }
  }

  private Pass pass(int count) {
    if (passes[count] == null) {
      passes[count] = new Pass(count == batchSize ? workspace : workspace.smaller(), count);
    }
    return passes[count];
  }

  @Override
  public int examples() {
    return training.size();
  }

  @Override
  public int batchSize() {
    return batchSize;
  }

  @Override
  public PhiloxKey shuffleKey(int epoch) {
    return RandomStream.PAIRS.key(seed, epoch);
  }

  @Override
  public double learningRate(long step) {
    return schedule.rate(step);
  }

  @Override
  public void forwardBackward(int[] newOrder, int from, int count) {
    if (newOrder != order || from != next) {
      startReading(newOrder, from);
    }
    next = from + count;
    step(newOrder, from, count, images.next().pixels());
  }

  /** Loss and gradients of pairs {@code order[from..]}, whose images have been read. */
  void step(int[] newOrder, int from, int count, float[] pixels) {
    Pass pass = pass(count);
    for (int i = 0; i < count; i++) {
      copyIds(training, newOrder[from + i], i);
    }
    load(pass, pixels);
    pass.step.run();
    loss = pass.loss;
  }

  /** Images are decoded ahead, in the order of the epoch. */
  private void startReading(int[] newOrder, int from) {
    closeImages();
    order = newOrder;
    List<Path> files = new ArrayList<>(newOrder.length - from);
    for (int i = from; i < newOrder.length; i++) {
      files.add(training.images().get(newOrder[i]));
    }
    images = batches(files);
  }

  private ImageBatches batches(List<Path> files) {
    return new ImageBatches(files, preprocessor, batchSize, DECODERS, ImageBatches.Unreadable.FAIL);
  }

  private void copyIds(Pairs pairs, int pair, int row) {
    int length = pairs.length();
    System.arraycopy(pairs.ids(), pair * length, batchIds, row * length, length);
  }

  private void load(Pass pass, float[] pixels) {
    device.write(pass.vision.pixels(), pixels, 0);
    pass.text.setIds(batchIds, 0);
  }

  @Override
  public double loss() {
    device.read(loss, scalar, 0);
    return scalar[0];
  }

  /** Keeps the logit scale at 100 or below, as CLIP does, so that training stays stable. */
  @Override
  public void afterStep() {
    Tensor scale = clip.logitScale().value();
    device.read(scale, scalar, 0);
    if (scalar[0] > LARGEST_SCALE) {
      device.elementwise().fill(LARGEST_SCALE, scale);
    }
  }

  /** Contrastive loss over the validation pairs, in fixed batches; no behaviour is scored. */
  @Override
  public Evaluation evaluate() {
    double sum = 0;
    try (ImageBatches batches = batches(validation.images())) {
      for (int from = 0; from < validation.size(); from += batchSize) {
        int count = Math.min(batchSize, validation.size() - from);
        for (int i = 0; i < count; i++) {
          copyIds(validation, from + i, i);
        }
        Pass pass = pass(count);
        load(pass, batches.next().pixels());
        pass.evaluation.run();
        device.read(pass.loss, scalar, 0);
        sum += (double) scalar[0] * count;
      }
    }
    return new Evaluation(sum / validation.size(), Double.NaN);
  }

  @Override
  public List<Tensor> inspected() {
    List<Tensor> tensors = new ArrayList<>();
    for (int n = 0; n < clip.vision().blocks().size(); n++) {
      tensors.add(full.vision.blockOutput(n));
    }
    for (int n = 0; n < clip.text().blocks().size(); n++) {
      tensors.add(full.text.blockOutput(n));
    }
    tensors.add(full.vision.embeds());
    tensors.add(full.text.embeds());
    tensors.add(full.similarity.logits());
    return tensors;
  }

  private void closeImages() {
    if (images != null) {
      images.close();
    }
  }

  /** Stops reading, and forgets what the device recorded; the tensors are the arena's. */
  @Override
  public void close() {
    closeImages();
    for (Pass pass : passes) {
      if (pass != null) {
        pass.step.close();
        pass.evaluation.close();
      }
    }
  }
}
