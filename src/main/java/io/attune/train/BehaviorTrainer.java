package io.attune.train;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.clip.Clip;
import io.attune.clip.ClipModel;
import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.device.LargestBatch;
import io.attune.hba.AdapterSet;
import io.attune.hba.AdapterSite;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Trains stage 1 (spec/clip-hba.md section 5): adapters on a frozen CLIP, mean squared error
 * against the behavioural embedding, AdamW, early stopping on the validation loss. Everything is
 * sized when it is made; a step allocates nothing on the device.
 */
public final class BehaviorTrainer implements AutoCloseable {
  /** Part of the free memory that automatic caching leaves alone. */
  private static final double SPARE = 0.1;

  private final Device device;
  private final Clip clip;
  private final BehaviorData data;
  private final BehaviorSettings settings;
  private final List<AdapterSite> sites;
  private final TrainingPlan plan;
  private final CacheDecision decided;
  private final MemoryNeed memory;
  private Arena arena;
  private StepTime time = StepTime.NONE;

  /**
   * Bytes a run takes beside the model's weights.
   *
   * @param fixed adapters, moments and activations
   * @param cache what is kept of constant activations
   * @param preparation for a while, to compute them
   */
  public record MemoryNeed(long fixed, long cache, long preparation) {
    public long total() {
      return fixed + cache + preparation;
    }
  }

  /** A trainer that decides by itself what to cache, within the settings' limit. */
  public BehaviorTrainer(Device device, Clip clip, BehaviorData data, BehaviorSettings settings) {
    this(device, clip, data, settings, null);
  }

  /**
   * A trainer that caches what an interrupted run cached, so that it computes the same bits.
   *
   * @param decided what the run decided when it began; null for a new run
   */
  public BehaviorTrainer(
      Device device,
      Clip clip,
      BehaviorData data,
      BehaviorSettings settings,
      CacheDecision decided) {
    this.device = device;
    this.clip = clip;
    this.data = data;
    this.settings = settings;
    this.decided = decided;
    this.sites =
        AdapterSet.lastBlocks(clip.config(), settings.visionBlocks(), settings.textBlocks());
    TrainingPlan all =
        TrainingPlan.cachingAll(
            clip.config(),
            adapters(Arena.planning(device.precision())),
            data.images(),
            data.prompts(),
            data.promptLength(),
            Math.min(settings.batch(), data.train()));
    this.plan = decided == null ? choose(all) : all.caching(decided.images(), decided.texts());
    this.memory = need(plan);
  }

  /** Whether a run caches its images' and its prompts' constant activations. */
  public record CacheDecision(boolean images, boolean texts) {}

  private AdapterSet adapters(Arena target) {
    return new AdapterSet(target, clip.config(), settings.adapterSettings(), sites, true);
  }

  private TrainingPlan choose(TrainingPlan all) {
    return switch (settings.cache().kind()) {
      case OFF -> all.caching(false, false);
      case SIZE -> all.within(settings.cache().bytes());
      case AUTO -> {
        MemoryNeed need = need(all);
        long free = (long) (device.availableBytes() * (1 - SPARE));
        yield all.within(free - need.fixed() - need.preparation());
      }
    };
  }

  /** Builds the whole run on a planning arena. */
  private MemoryNeed need(TrainingPlan candidate) {
    Arena counting = Arena.planning(device.precision());
    AdapterSet planned = adapters(counting);
    planned.attach(clip);
    try (BehaviorTask task =
        new BehaviorTask(counting, device, clip, planned, data, settings, candidate)) {
      optimizer(counting, planned);
      long cache = cached(counting);
      long fixed = counting.bytes() - cache + task.hostBytes();
      return new MemoryNeed(fixed, cache, task.preparationBytes());
    } finally {
      planned.detach(clip);
    }
  }

  private static long cached(Arena counted) {
    return counted.tensors().stream()
        .filter(tensor -> tensor.name().startsWith("cache."))
        .mapToLong(tensor -> tensor.size() * tensor.dtype().bytes())
        .sum();
  }

  private AdamW optimizer(Arena target, AdapterSet adapters) {
    return new AdamW(
        target,
        AdamW.Settings.DEFAULT,
        List.of(new AdamW.Group(adapters.parameters(), settings.weightDecay())));
  }

  /** What is constant, and what of it is cached. */
  public TrainingPlan plan() {
    return plan;
  }

  public CacheDecision cacheDecision() {
    return new CacheDecision(plan.cachesImages(), plan.cachesTexts());
  }

  public MemoryNeed memory() {
    return memory;
  }

  /** What the run takes, part by part, with the model it starts from. */
  public MemoryPlan memoryPlan() {
    Arena counting = Arena.planning(device.precision());
    AdapterSet planned = adapters(counting);
    long adapterBytes = counting.bytes() - MemoryPlan.bytes(counting, "gradient.");
    planned.attach(clip);
    try (BehaviorTask task =
        new BehaviorTask(counting, device, clip, planned, data, settings, plan)) {
      optimizer(counting, planned);
      long gradients = MemoryPlan.bytes(counting, "gradient.");
      long moments = MemoryPlan.bytes(counting, "adamw.");
      long rest = counting.bytes() - adapterBytes - gradients - moments - memory.cache();
      long trained = planned.trainableCount();
      long numbers = clip.parameters().stream().mapToLong(p -> p.value().size()).sum();
      long weights = ClipModel.weightBytes(clip.config(), device.precision());
      return new MemoryPlan()
          .add("weights", weights, MemoryPlan.weights(device.precision(), numbers) + ", frozen")
          .add(
              "adapters",
              adapterBytes,
              "4 x %,d that train, and the weights composed of them".formatted(trained))
          .add("gradients", gradients, "of what trains and of the composed weights")
          .add("moments", moments, "2 x 4 x %,d".formatted(trained))
          .add(
              "activations",
              rest,
              "batches of %d images, %d prompts of %d tokens"
                  .formatted(
                      Math.min(settings.batch(), data.train()),
                      data.prompts(),
                      data.promptLength()))
          .add("caches", memory.cache(), plan.cacheFormula())
          .add("gathering", task.hostBytes(), "pixels of two batches, targets of one")
          .add("filling", task.preparationBytes(), "to fill the caches, given back then");
    } finally {
      planned.detach(clip);
    }
  }

  /** Numbers that train. */
  public long trainableParameters() {
    return adapters(Arena.planning(device.precision())).trainableCount();
  }

  /** Where adapters sit. */
  public List<AdapterSite> sites() {
    return List.copyOf(sites);
  }

  /** What will be cached and how much memory it takes, in lines for people. */
  public List<String> describe() {
    List<String> lines = new ArrayList<>();
    lines.add(
        "%,d parameters train in %d adapters of rank %d"
            .formatted(trainableParameters(), sites.size(), settings.rank()));
    lines.addAll(plan.describe());
    lines.add(
        "memory: %s activations and moments + %s caches + %s to fill them"
            .formatted(
                TrainingPlan.size(memory.fixed()),
                TrainingPlan.size(memory.cache()),
                TrainingPlan.size(memory.preparation())));
    return lines;
  }

  /**
   * Refuses a run that would not fit, before anything is written.
   *
   * @throws InputException with the sizes, and the batch that would fit
   */
  public void requireMemory() {
    long free = device.availableBytes();
    if (memory.total() > free) {
      throw new InputException(
          "too little memory on %s: the run needs %s (%s activations and moments, %s caches, %s to fill them), %s is free - %s"
              .formatted(
                  device.name(),
                  TrainingPlan.size(memory.total()),
                  TrainingPlan.size(memory.fixed()),
                  TrainingPlan.size(memory.cache()),
                  TrainingPlan.size(memory.preparation()),
                  TrainingPlan.size(free),
                  remedy(free)));
    }
  }

  private String remedy(long free) {
    int batch = Math.min(settings.batch(), data.train());
    int fits = largestBatch(settings, decided, batch - 1, free);
    if (fits > 0) {
      return "--batch %d would fit".formatted(fits);
    }
    int uncached = largestBatch(settings.withCache(CacheLimit.OFF), null, batch, free);
    return uncached > 0
        ? "--cache off --batch %d would fit".formatted(uncached)
        : "give more memory: not even one image fits";
  }

  private int largestBatch(BehaviorSettings candidate, CacheDecision caching, int most, long free) {
    return LargestBatch.within(
        most,
        free,
        batch -> {
          try (BehaviorTrainer planned =
              new BehaviorTrainer(device, clip, data, candidate.withBatch(batch), caching)) {
            return planned.memory().total();
          }
        });
  }

  /**
   * Trains in an open run folder, from its last checkpoint if it has one.
   *
   * @param stop asked after each step; true saves and returns
   * @throws NonFiniteLossException if a loss is NaN or infinite
   */
  public TrainingResult train(RunFolder run, Progress progress, BooleanSupplier stop) {
    if (arena != null) {
      throw new IllegalStateException("a trainer trains once");
    }
    arena = Arena.on(device);
    AdapterSet adapters = adapters(arena);
    adapters.attach(clip);
    try {
      adapters.setBase(device, clip);
      adapters.initialize(device, settings.seed());
      try (BehaviorTask task =
          new BehaviorTask(arena, device, clip, adapters, data, settings, plan)) {
        AdamW optimizer = optimizer(arena, adapters);
        TrainerSettings limits = new TrainerSettings(settings.epochs(), settings.patience());
        Trainer trainer = new Trainer(device, task, optimizer, run, limits);
        TrainingResult result = trainer.train(progress, stop);
        time = trainer.time();
        return result;
      }
    } finally {
      adapters.detach(clip);
    }
  }

  /** What the steps of {@link #train} took, and waited for images. */
  public StepTime time() {
    return time;
  }

  @Override
  public void close() {
    if (arena != null) {
      arena.close();
    }
  }
}
