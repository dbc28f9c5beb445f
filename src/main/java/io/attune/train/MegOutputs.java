package io.attune.train;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.clip.Clip;
import io.attune.clip.ClipModel;
import io.attune.clip.ImageDecoder;
import io.attune.clip.ImagePreprocessor;
import io.attune.clip.Preprocessing;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.PhiloxKey;
import io.attune.device.op.Noise;
import io.attune.format.Npy;
import io.attune.hba.ClassTokenSimilarity;
import io.attune.hba.MegFeatures;
import io.attune.hba.MegHead;
import io.attune.hba.MegLosses;
import io.attune.hba.MegParameters;
import io.attune.hba.RandomStream;
import io.attune.nn.Workspace;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.stream.IntStream;

/**
 * Outputs of a MEG run's best checkpoint at every time, as the run's preset evaluates: with noise,
 * whose level comes from all images together, or, in {@code corrected}, without, so that an image's
 * output depends on nothing but itself.
 *
 * @param timesMs when the outputs are of
 * @param open whether a time's outputs can differ between images
 * @param images N
 * @param prompts K
 * @param values [T, N, K]
 */
public record MegOutputs(
    double[] timesMs, boolean[] open, int images, int prompts, float[] values) {
  /**
   * Computes them.
   *
   * @param base the opened base model; a run's start is merged into it for good
   * @param run a MEG run
   * @param batch images at once in {@code corrected}; the others take all
   * @throws InputException if the run does not fit the model, or its preset draws noise and there
   *     is one image
   */
  public static MegOutputs of(
      ClipModel base, Path model, Path run, List<Path> files, int batch, Progress progress) {
    return of(base, model, run, files, batch, OptionalLong.empty(), progress);
  }

  /**
   * Computes them, in {@code corrected} with noise if it is wanted: at the level that is stored
   * with the run, and drawn for each image by its file's name.
   *
   * @param noise seed of the draws
   * @throws InputException as without noise, or if the preset draws its own or the run has not
   *     ended
   */
  public static MegOutputs of(
      ClipModel base,
      Path model,
      Path run,
      List<Path> files,
      int batch,
      OptionalLong noise,
      Progress progress) {
    MegConfig config = MegConfig.read(run);
    boolean noisy = config.settings().preset().noisyEvaluation();
    if (noisy && noise.isPresent()) {
      throw new InputException(
          "%s: preset %s draws noise at the level of all images together in any case - ask for none, or train with --preset corrected"
              .formatted(run, config.preset()));
    }
    if (noisy && files.size() < 2) {
      throw new InputException(
          "%s: preset %s draws noise at the level of all images together, and there is one - give two or more, or train with --preset corrected"
              .formatted(run, config.preset()));
    }
    Device device = base.device();
    Clip clip = base.clip();
    if (!config.startFrom().isEmpty()) {
      MegStart.mergeInto(Path.of(config.startFrom()), device, clip);
    }
    MegStart.requireBase(run, config, device, clip);
    ImagePreprocessor preprocessor =
        Preprocessing.valueOf(config.preprocess().toUpperCase(Locale.ROOT))
            .forModel(model, clip.config());
    PixelSource pixels =
        (index, into, offset) ->
            preprocessor.apply(ImageDecoder.read(files.get(index)), into, offset);
    try (Arena arena = Arena.on(device)) {
      MegParameters parameters = MegStart.parameters(arena, device, clip, config, run);
      parameters.adapters().attach(clip);
      try {
        parameters.adapters().compose(device);
        int prompts = config.prompts().size();
        MegFeatureCache cache =
            new MegFeatureCache(
                arena, device, clip, pixels, files.size(), prompts, Math.max(1, batch));
        cache.fill(matrix(arena, device, clip, run, prompts), progress, () -> false);
        Request request = new Request(run, config, files, batch, noise);
        return outputs(arena, device, request, parameters, cache);
      } finally {
        parameters.adapters().detach(clip);
      }
    }
  }

  static Tensor matrix(Arena arena, Device device, Clip clip, Path run, int prompts) {
    Tensor matrix = arena.allocate("similarity", prompts, clip.config().vision().width());
    Tensor unit = arena.allocate("text_unit", prompts, clip.config().projection());
    try (Npy stored = Npy.open(run.resolve(MegRun.TEXT_UNIT))) {
      if (!stored.shape().equals(unit.shape())) {
        throw new InputException(
            "%s: holds %s, expected %s"
                .formatted(run.resolve(MegRun.TEXT_UNIT), stored.shape(), unit.shape()));
      }
      device.write(unit, stored.readFloats(), 0);
    }
    float scale = (float) Math.exp(device.toArray(clip.logitScale().value())[0]);
    Tensor projection = clip.vision().projection().ownWeight().value();
    ClassTokenSimilarity.matrix(device, unit, projection, scale, matrix);
    return matrix;
  }

  private record Request(
      Path run, MegConfig config, List<Path> files, int batch, OptionalLong noise) {}

  private static MegOutputs outputs(
      Arena arena,
      Device device,
      Request request,
      MegParameters parameters,
      MegFeatureCache cache) {
    MegConfig config = request.config();
    boolean noisy = config.settings().preset().noisyEvaluation();
    int images = request.files().size();
    int times = config.richness().length;
    int prompts = config.prompts().size();
    // A head needs pairs of images; where there are too few, the last one fills the places.
    int size = noisy ? images : Math.max(MegSettings.FEWEST, Math.min(request.batch(), images));
    Tensor key = arena.allocate("noise.key", DType.I32, Shape.of(8));
    device.write(key, key(config.seed()), 0);
    boolean requested = request.noise().isPresent();
    Tensor normal = requested ? arena.allocate("noise", times, size, prompts) : null;
    Tensor floor = requested ? arena.allocate("floor", times, size, prompts) : null;
    Noise noise =
        noisy
            ? Noise.drawn(key)
            : requested ? Noise.givenWithDeviation(normal, floor) : Noise.none();
    Workspace workspace = Workspace.on(arena);
    MegHead head =
        new MegHead(
            device,
            parameters.layers(),
            MegHead.Times.allocate(arena, device, config.courses(), config.window()),
            noise,
            workspace,
            size,
            prompts,
            false);
    MegFeatures.Cached source =
        new MegFeatures.Cached(device, cache.features(), workspace, head.features());
    float[] values = new float[Math.toIntExact((long) times * images * prompts)];
    float[] part = new float[times * size * prompts];
    double[] ms = IntStream.range(0, times).mapToDouble(config.axis()::ms).toArray();
    RequestedNoise draws = null;
    if (requested) {
      draws = RequestedNoise.of(request.noise().getAsLong(), request.files(), ms, prompts);
      device.write(head.deviation(), MegDeviation.read(request.run(), times, prompts).values(), 0);
      device.elementwise().fill(Noise.MEAN_FLOOR, floor);
    }
    for (int from = 0; from < images; from += size) {
      int first = from;
      int[] chosen = IntStream.range(0, size).map(b -> Math.min(first + b, images - 1)).toArray();
      source.choose(chosen);
      if (requested) {
        draws.draw(chosen, part);
        device.write(normal, part, 0);
      }
      source.forward();
      head.embed();
      device.read(head.embeddings(), part, 0);
      int count = Math.min(size, images - from);
      for (int t = 0; t < times; t++) {
        System.arraycopy(
            part, t * size * prompts, values, (t * images + from) * prompts, count * prompts);
      }
    }
    boolean[] open = MegLosses.open(config.courses().windowed(config.window()));
    return new MegOutputs(ms, open, images, prompts, values);
  }

  private static int[] key(long seed) {
    int[] key = new int[8];
    List<RandomStream> streams =
        List.of(RandomStream.MEG_EVALUATION_NOISE, RandomStream.MEG_EVALUATION_FLOOR);
    for (int i = 0; i < streams.size(); i++) {
      PhiloxKey own = streams.get(i).key(seed, 0);
      key[4 * i] = (int) own.seed();
      key[4 * i + 1] = (int) (own.seed() >>> 32);
      key[4 * i + 2] = own.stream();
      key[4 * i + 3] = own.step();
    }
    return key;
  }

  /**
   * Some of the times.
   *
   * @throws InputException if there is no output at one of them
   */
  public MegOutputs at(double... wantedMs) {
    int each = images * prompts;
    float[] chosen = new float[wantedMs.length * each];
    boolean[] chosenOpen = new boolean[wantedMs.length];
    for (int i = 0; i < wantedMs.length; i++) {
      double wanted = wantedMs[i];
      int t =
          IntStream.range(0, timesMs.length)
              .filter(n -> Math.abs(timesMs[n] - wanted) < 1e-6)
              .findFirst()
              .orElseThrow(
                  () ->
                      new InputException(
                          "times: no output at %s ms, there are some from %s to %s ms"
                              .formatted(wanted, timesMs[0], timesMs[timesMs.length - 1])));
      System.arraycopy(values, t * each, chosen, i * each, each);
      chosenOpen[i] = open[t];
    }
    return new MegOutputs(wantedMs.clone(), chosenOpen, images, prompts, chosen);
  }
}
