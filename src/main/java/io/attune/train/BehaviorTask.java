package io.attune.train;

import io.attune.Progress;
import io.attune.clip.Clip;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.PhiloxKey;
import io.attune.device.Recording;
import io.attune.hba.Adapter;
import io.attune.hba.AdapterSet;
import io.attune.hba.BehaviorModel;
import io.attune.hba.RandomStream;
import io.attune.nn.Workspace;
import io.attune.rsa.Comparison;
import io.attune.rsa.Dissimilarity;
import io.attune.rsa.NanPolicy;
import io.attune.rsa.Rdm;
import io.attune.tensor.DType;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/** Stage 1 as a task: adapters on a frozen CLIP, trained toward the behavioural embedding. */
final class BehaviorTask implements TrainingTask, AutoCloseable {
  private final Arena arena;
  private final Device device;
  private final Clip clip;
  private final AdapterSet adapters;
  private final BehaviorData data;
  private final BehaviorSettings settings;
  private final ImageInputs images;
  private final TextInputs texts;
  private final Sized[] models;
  private final int[] consecutive;
  private final float[] targets;
  private final float[] lossValue = new float[1];
  private final int firstActivation;
  private final int lastActivation;
  private BehaviorModel latest;
  private int[] latestOrder;
  private int latestFrom;
  private int latestCount;
  private int latestShift;

  /** A model at one batch size, with the entry that feeds it. */
  private record Sized(
      BehaviorModel model, ImageInputs.Entry entry, Recording step, Recording prediction) {}

  /**
   * Allocates everything a run needs; a planning arena counts it.
   *
   * @param adapters attached to {@code clip} already
   */
  BehaviorTask(
      Arena arena,
      Device device,
      Clip clip,
      AdapterSet adapters,
      BehaviorData data,
      BehaviorSettings settings,
      TrainingPlan plan) {
    this.arena = arena;
    this.device = device;
    this.clip = clip;
    this.adapters = adapters;
    this.data = data;
    this.settings = settings;
    List<Integer> sizes = batchSizes(data, settings.batch());
    images =
        new ImageInputs(
            arena, device, clip.vision(), plan, data.pixels(), data.images(), sizes.getFirst());
    firstActivation = arena.tensors().size();
    texts = new TextInputs(arena, device, clip.text(), plan, data);
    Workspace workspace = Workspace.on(arena);
    models = new Sized[sizes.getFirst() + 1];
    for (int size : sizes) {
      Workspace own = size == sizes.getFirst() ? workspace : workspace.smaller();
      ImageInputs.Entry entry = images.entry(own, size);
      BehaviorModel model =
          new BehaviorModel(device, clip.logitScale(), entry.path(), texts.path(), own);
      models[size] =
          new Sized(
              model,
              entry,
              device.record(() -> lossAndGradients(model)),
              device.record(model::predict));
    }
    lastActivation = arena.tensors().size();
    consecutive = IntStream.range(0, data.images()).toArray();
    targets = new float[sizes.getFirst() * data.prompts()];
  }

  /** Every batch size that training and evaluation meet, largest first. */
  private static List<Integer> batchSizes(BehaviorData data, int batch) {
    List<Integer> sizes = new ArrayList<>();
    for (int count : new int[] {data.train(), data.validation(), data.heldOut().size()}) {
      sizes.add(Math.min(batch, count));
      sizes.add(count % batch);
    }
    return sizes.stream()
        .filter(size -> size > 0)
        .distinct()
        .sorted(Comparator.reverseOrder())
        .toList();
  }

  /** Bytes that {@link #prepare} takes for a while, beside what is allocated. */
  long preparationBytes() {
    return Math.max(images.preparationBytes(), texts.preparationBytes());
  }

  /** Bytes of the buffers in which pixels and targets are gathered. */
  long hostBytes() {
    return images.hostBytes() + (long) Float.BYTES * targets.length;
  }

  @Override
  public boolean prepare(Progress progress, BooleanSupplier stop) {
    texts.prepare();
    return images.prepare(progress, stop);
  }

  @Override
  public int examples() {
    return data.train();
  }

  @Override
  public int batchSize() {
    return settings.batch();
  }

  @Override
  public PhiloxKey shuffleKey(int epoch) {
    return RandomStream.SHUFFLE.key(settings.seed(), epoch);
  }

  @Override
  public double learningRate(long step) {
    return settings.learningRate();
  }

  @Override
  public void forwardBackward(int[] order, int from, int count) {
    Sized sized = load(order, from, count, 0);
    sized.step().run();
    latest = sized.model();
  }

  private void lossAndGradients(BehaviorModel model) {
    adapters.clearGradients(device);
    adapters.compose(device);
    texts.path().forward();
    model.predict();
    model.backward();
    if (texts.trains()) {
      texts.path().backward();
    }
    adapters.backward(device);
  }

  /** Predicts images {@code order[from..]} plus {@code shift}, with targets if they have some. */
  private BehaviorModel predict(int[] order, int from, int count, int shift) {
    Sized sized = load(order, from, count, shift);
    sized.prediction().run();
    return sized.model();
  }

  /** Loads images {@code order[from..]} plus {@code shift}, and targets if they have some. */
  private Sized load(int[] order, int from, int count, int shift) {
    latestOrder = order;
    latestFrom = from;
    latestCount = count;
    latestShift = shift;
    Sized sized = models[count];
    images.fill(sized.entry(), order, from, count, shift);
    announceNext(order, from + count, shift);
    int prompts = data.prompts();
    if (shift < data.train() + data.validation()) {
      for (int b = 0; b < count; b++) {
        int row = order[from + b] + shift;
        System.arraycopy(data.targets(), row * prompts, targets, b * prompts, prompts);
      }
      device.write(sized.model().targets(), targets, 0);
    }
    return sized;
  }

  /** What follows: the rest of these images, else validation's, else the held-out ones. */
  private void announceNext(int[] order, int from, int shift) {
    int seen = data.train() + data.validation();
    int last = shift == 0 ? data.train() : shift < seen ? seen : data.images();
    if (shift + from < last) {
      images.announce(order, from, Math.min(settings.batch(), last - shift - from), shift);
    } else if (shift == 0) {
      int count = Math.min(settings.batch(), data.validation());
      images.announce(consecutive, 0, count, data.train());
    } else if (shift < seen && data.measured() != null) {
      images.announce(consecutive, 0, Math.min(settings.batch(), data.heldOut().size()), seen);
    }
  }

  @Override
  public long waitedNanoseconds() {
    return images.waitedNanoseconds();
  }

  @Override
  public double loss() {
    device.read(latest.loss(), lossValue, 0);
    return lossValue[0];
  }

  @Override
  public Evaluation evaluate() {
    adapters.compose(device);
    texts.path().forward();
    double sum = 0;
    for (int from = 0; from < data.validation(); from += settings.batch()) {
      int count = Math.min(settings.batch(), data.validation() - from);
      latest = predict(consecutive, from, count, data.train());
      latest.evaluateLoss();
      sum += loss() * count;
    }
    double loss = sum / data.validation();
    return new Evaluation(loss, Double.isFinite(loss) ? alignment() : Double.NaN);
  }

  /** Spearman between the measured RDM and that of the predictions, 1 - Pearson over K. */
  private double alignment() {
    if (data.measured() == null) {
      return Double.NaN;
    }
    int held = data.heldOut().size();
    int prompts = data.prompts();
    double[][] rows = new double[held][prompts];
    for (int from = 0; from < held; from += settings.batch()) {
      int count = Math.min(settings.batch(), held - from);
      BehaviorModel model = predict(consecutive, from, count, data.train() + data.validation());
      float[] values = device.toArray(model.predictions());
      for (int i = 0; i < values.length; i++) {
        rows[from + i / prompts][i % prompts] = values[i];
      }
    }
    Rdm rdm = Rdm.ofFeatures(data.heldOut(), rows, Dissimilarity.CORRELATION);
    return Comparison.SPEARMAN.compare(data.measured(), rdm, NanPolicy.DROP).value();
  }

  /** Scores plain CLIP: with a zero up-projection every adapter leaves its weight as it was. */
  @Override
  public Evaluation evaluateBase() {
    List<float[]> kept = new ArrayList<>();
    for (Adapter adapter : adapters.adapters()) {
      Tensor up = adapter.upProjection().value();
      kept.add(device.toArray(up));
      device.elementwise().fill(0, up);
    }
    Evaluation base = evaluate();
    for (int n = 0; n < kept.size(); n++) {
      device.write(adapters.adapters().get(n).upProjection().value(), kept.get(n), 0);
    }
    return base;
  }

  /**
   * Frozen weights, adapters and caches, then activations as they are computed. Since the backward
   * pass has spread the trouble, the forward pass is run again in clean memory.
   */
  @Override
  public List<Tensor> inspected() {
    List<Tensor> own = arena.tensors();
    for (Tensor tensor : own.subList(firstActivation, lastActivation)) {
      if (tensor.dtype() == DType.F32) {
        device.elementwise().fill(0, tensor);
      }
    }
    texts.prepare();
    texts.path().forward();
    predict(latestOrder, latestFrom, latestCount, latestShift).evaluateLoss();
    List<Tensor> tensors = new ArrayList<>();
    clip.visit(parameter -> tensors.add(parameter.value()));
    for (Tensor tensor : own.subList(0, lastActivation)) {
      if (tensor.dtype() == DType.F32 && !tensor.name().startsWith("gradient.")) {
        tensors.add(tensor);
      }
    }
    return tensors;
  }

  /** Stops reading and forgets what the device recorded; the tensors are the arena's. */
  @Override
  public void close() {
    images.close();
    for (Sized sized : models) {
      if (sized != null) {
        sized.step().close();
        sized.prediction().close();
      }
    }
  }
}
