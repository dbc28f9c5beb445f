package io.attune.train;

import io.attune.clip.Clip;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.PhiloxKey;
import io.attune.device.Recording;
import io.attune.device.op.Noise;
import io.attune.hba.MegFeatures;
import io.attune.hba.MegHead;
import io.attune.hba.MegLossWeights;
import io.attune.hba.MegLosses;
import io.attune.hba.MegModel;
import io.attune.hba.MegParameters;
import io.attune.hba.RandomStream;
import io.attune.nn.PassOptions;
import io.attune.nn.Workspace;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The model of one of the two stages at every batch size: images in, losses and gradients out. All
 * is allocated when it is made.
 */
final class MegStage implements AutoCloseable {
  private final Device device;
  private final MegParameters parameters;
  private final MegData data;
  private final MegSettings settings;
  private final boolean adaptersTrain;
  private final boolean[] open;
  private final Tensor key;
  private final int[] keyValues = new int[8];
  private final Map<Integer, Sized> models = new HashMap<>();
  private final PixelBatches pixels;
  private final long hostBytes;
  private final float[] losses = new float[3];
  private float[] lossWeights;

  /** A model at one batch size. */
  private record Sized(
      MegModel model, Recording step, Recording prediction, float[] targets, float[] rdm) {}

  /**
   * Prepares a stage; a planning arena counts it.
   *
   * @param matrix [K, D], for features that are computed: stage B
   * @param cache [L N, K], features of all images: stage A; null in stage B
   * @param recompute whether blocks are computed again in the backward pass
   */
  MegStage(
      Arena arena,
      Device device,
      Clip clip,
      MegParameters parameters,
      MegData data,
      MegSettings settings,
      List<Integer> sizes,
      Tensor matrix,
      Tensor cache,
      boolean recompute) {
    this.device = device;
    this.parameters = parameters;
    this.data = data;
    this.settings = settings;
    this.adaptersTrain = cache == null;
    this.open = MegLosses.open(data.courses().windowed(data.window()));
    this.key = arena.allocate("noise.key", DType.I32, Shape.of(8));
    MegHead.Times times = MegHead.Times.allocate(arena, device, data.courses(), data.window());
    Noise noise = Noise.drawn(key);
    Noise predicted = settings.preset().noisyEvaluation() ? noise : Noise.none();
    PassOptions options = PassOptions.training(true).withRecompute(recompute);
    Workspace first = Workspace.on(arena);
    int largest = sizes.getFirst();
    long gathered = 0;
    for (int size : sizes) {
      Workspace own = size == largest ? first : first.smaller();
      MegModel model =
          new MegModel(
              device,
              parameters,
              times,
              noise,
              predicted,
              own,
              size,
              data.prompts(),
              adaptersTrain,
              head ->
                  cache != null
                      ? new MegFeatures.Cached(device, cache, own, head.features())
                      : new MegFeatures.Computed(
                          device,
                          clip.vision(),
                          matrix,
                          own,
                          head.features(),
                          head.featureGradient(),
                          options));
      int values = data.times() * size * (size - 1) / 2;
      boolean planning = arena.isPlanning();
      boolean noisy = settings.preset().noisyEvaluation();
      gathered += (long) Float.BYTES * (noisy ? 1 : 2) * values;
      models.put(
          size,
          new Sized(
              model,
              device.record(model::lossAndGradients),
              device.record(model::predict),
              planning ? null : new float[values],
              planning || noisy ? null : new float[values]));
    }
    int side = clip.config().imageSize();
    int imageLength = clip.config().channels() * side * side;
    hostBytes = gathered + (cache != null ? 0 : PixelBatches.bytes(largest, imageLength));
    pixels =
        cache != null || arena.isPlanning()
            ? null
            : new PixelBatches(data.pixels(), imageLength, largest);
  }

  /** Bytes of the buffers in which pixels and dissimilarities are gathered. */
  long hostBytes() {
    return hostBytes;
  }

  /** Nanoseconds that batches have waited for pixels. */
  long waitedNanoseconds() {
    return pixels == null ? 0 : pixels.waitedNanoseconds();
  }

  /** Sets the frozen normalisers; to be called before {@link #train}. */
  void normalize(MegLossWeights normalizers) {
    lossWeights = settings.scope().weights().over(normalizers);
  }

  /**
   * Losses and gradients of a batch; waits for the device.
   *
   * @param next those of the batch that follows, to be read meanwhile
   * @param draw numbers the noise
   * @return the three parts
   */
  MegLossWeights train(int[] images, int[] next, long draw) {
    Sized sized = load(images, next);
    writeKey(RandomStream.MEG_NOISE, RandomStream.MEG_FLOOR, draw);
    device.write(sized.model().training().lossWeights(), lossWeights, 0);
    sized.step().run();
    return parts(sized.model().training());
  }

  /** Brings the adapters' weights up to date for {@link #evaluate}. */
  void compose() {
    if (adaptersTrain) {
      parameters.adapters().compose(device);
    }
  }

  /**
   * The three parts of a batch's loss, as the preset evaluates; see {@link #compose}.
   *
   * @param next images of the batch that follows; none of them after the last
   */
  MegLossWeights evaluate(int[] images, int[] next, long draw) {
    Sized sized = load(images, next);
    writeKey(RandomStream.MEG_EVALUATION_NOISE, RandomStream.MEG_EVALUATION_FLOOR, draw);
    sized.prediction().run();
    MegHead head = sized.model().prediction();
    if (settings.preset().noisyEvaluation()) {
      return parts(head);
    }
    device.read(head.rdm(), sized.rdm(), 0);
    return MegLosses.of(sized.rdm(), sized.targets(), open);
  }

  private MegLossWeights parts(MegHead head) {
    device.read(head.losses(), losses, 0);
    return new MegLossWeights(losses[0], losses[1], losses[2]);
  }

  private Sized load(int[] images, int[] next) {
    Sized sized = models.get(images.length);
    MegModel model = sized.model();
    switch (model.features()) {
      case MegFeatures.Cached cached -> cached.choose(images);
      case MegFeatures.Computed computed -> {
        device.write(computed.pixels(), pixels.take(images, 0, images.length, 0), 0);
        pixels.announce(next, 0, next.length, 0);
      }
    }
    data.targets().read(images, sized.targets());
    device.write(model.training().target(), sized.targets(), 0);
    return sized;
  }

  private void writeKey(RandomStream normal, RandomStream floor, long draw) {
    RandomStream[] streams = {normal, floor};
    for (int i = 0; i < streams.length; i++) {
      PhiloxKey own = streams[i].key(settings.seed(), Math.toIntExact(draw));
      keyValues[4 * i] = (int) own.seed();
      keyValues[4 * i + 1] = (int) (own.seed() >>> 32);
      keyValues[4 * i + 2] = own.stream();
      keyValues[4 * i + 3] = own.step();
    }
    device.write(key, keyValues, 0);
  }

  /** Stops reading and forgets what the device recorded; the tensors are the arena's. */
  @Override
  public void close() {
    if (pixels != null) {
      pixels.close();
    }
    for (Sized sized : models.values()) {
      sized.step().close();
      sized.prediction().close();
    }
  }
}
