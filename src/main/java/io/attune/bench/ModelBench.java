package io.attune.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.clip.ClipConfig;
import io.attune.clip.ClipModel;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.Precision;
import io.attune.device.cuda.CudaClock;
import io.attune.device.cuda.CudaException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Images a second of whole models: inference, the behaviour stage's step and the contrastive step,
 * ours and PyTorch's in turns, from the same weights, which PyTorch makes.
 */
public final class ModelBench {
  private static final String FORMAT = "attune-gpu-model/1";
  private static final int ROUNDS = 2;
  private static final double MILLISECONDS = 1500;
  private static final double RESERVE_SECONDS = 15;

  /** A compilation of a whole model may take this long. */
  private static final double PEER_SECONDS = 170;

  private static final int SEED = 1;

  private final BenchSettings settings;
  private final Sizes sizes;
  private final Report report;
  private final Peer peer;
  private final Previous previous;
  private final Path weights;
  private boolean peerHasWeights;
  private boolean failed;
  private boolean broken;

  private ModelBench(BenchSettings settings, Peer peer, Path weights, PrintStream out) {
    this.settings = settings;
    this.sizes = settings.sizes();
    String name =
        settings.architecture() == null ? "model" : "model-" + settings.architecture().optionName();
    this.report =
        new Report(settings.folder().resolve(name + ".json"), FORMAT, settings.resume(), out);
    this.peer = peer;
    this.previous = Previous.read(settings.previous());
    this.weights = weights;
  }

  /**
   * Runs it; {@code model.json} is written as it goes, the table comes last.
   *
   * @param weights folder in which PyTorch writes the random weights, 1.7 GB for ViT-L/14
   */
  public static KernelBench.Outcome run(
      BenchSettings settings, Peer peer, Path weights, PrintStream out) {
    ModelBench bench = new ModelBench(settings, peer, weights, out);
    try {
      bench.makeWeights();
      for (Precision precision : List.of(Precision.BF16, Precision.TF32, Precision.F32)) {
        if (!bench.broken) {
          bench.measure(precision);
        }
      }
    } catch (CudaException e) {
      // A broken context cannot be closed either.
      if (!bench.broken) {
        throw e;
      }
    } finally {
      ModelTable.print(bench.report);
    }
    if (bench.broken) {
      return KernelBench.Outcome.BROKEN;
    }
    return bench.failed ? KernelBench.Outcome.INCOMPLETE : KernelBench.Outcome.COMPLETE;
  }

  private void makeWeights() {
    String config = sizes.config().toJson();
    try {
      Map<String, Object> request = new LinkedHashMap<>();
      request.put("folder", weights.toAbsolutePath().toString());
      request.put("config", new ObjectMapper().readTree(config));
      JsonNode reply = peer.ask("weights", request, PEER_SECONDS);
      peerHasWeights = !reply.has("failed");
      report.fact(
          "weights",
          peerHasWeights ? "random, by PyTorch" : "random, ours: " + reply.path("failed").asText());
      peer.versions().ifPresent(versions -> report.fact("peer", versions.toString()));
    } catch (IOException e) {
      throw new InputException("the configuration does not parse: " + e.getMessage(), e);
    }
  }

  /** Everything in one precision, as long as the device serves. */
  private void measure(Precision precision) {
    String label = precision.name().toLowerCase(Locale.ROOT);
    try (Device device = Devices.open(settings.device(), precision).device();
        ClipModel model =
            peerHasWeights
                ? ClipModel.open(weights, device)
                : ClipModel.random(sizes.config(), device, SEED)) {
      CudaClock clock = CudaClock.of(device);
      if (report.factOf("device") == null) {
        clock.facts().forEach(report::fact);
        report.fact("description", device.description());
      }
      double rate;
      try (Inputs inputs = new Inputs(device)) {
        rate = Rates.product(inputs, clock, sizes);
        report.fact("product " + label + ", TFLOP/s", rate * 1e-12);
      }
      check(device, model, label);
      new Stage(device, model, clock, label, rate).run();
    }
  }

  private void check(Device device, ClipModel model, String precision) {
    String key = precision + "/check";
    if (!peerHasWeights || report.has(key) || !settings.wants(key)) {
      return;
    }
    try {
      Map<String, Object> row =
          new ModelCheck(device, model.clip(), weights.toAbsolutePath())
              .compare(peer, precision, PEER_SECONDS);
      report.row(key, row, ModelTable.check(precision, row));
    } catch (IOException | RuntimeException e) {
      failed = true;
      report.row(key, Map.of("failed", String.valueOf(e.getMessage())), key + " FAILED: " + e);
    }
  }

  /** The rows of one precision. */
  private final class Stage {
    private final Device device;
    private final ClipModel model;
    private final CudaClock clock;
    private final String precision;
    private final double rate;

    Stage(Device device, ClipModel model, CudaClock clock, String precision, double rate) {
      this.device = device;
      this.model = model;
      this.clock = clock;
      this.precision = precision;
      this.rate = rate;
    }

    void run() {
      ClipConfig config = model.config();
      int batch = sizes.batch();
      boolean bf16 = precision.equals("bf16");
      List<String> ways =
          bf16
              ? List.of("eager", "compiled", "eager autocast", "transformers eager")
              : List.of("eager", "transformers eager");
      inference(batch, ways);
      if (bf16) {
        int prompts = settings.tiny() ? 3 : 66;
        Map<String, Object> sites = new LinkedHashMap<>();
        sites.put("prompts", prompts);
        sites.put("rank", AdapterWorkload.RANK);
        sites.put("vision_blocks", AdapterWorkload.VISION_BLOCKS);
        sites.put("text_blocks", AdapterWorkload.TEXT_BLOCKS);
        row(
            "adapter",
            batch,
            ModelWork.adapters(config, (double) prompts / batch),
            List.of("eager", "eager bf16 base", "peft eager", "compiled blocks"),
            sites,
            () -> new AdapterWorkload(device, model.clip(), batch, prompts, false));
        row(
            "training",
            batch,
            ModelWork.training(config),
            List.of("eager", "transformers eager", "compiled blocks", "compiled"),
            Map.of(),
            () -> new TrainingWorkload(device, model.clip(), batch));
        row(
            "adapter, cached",
            batch,
            Double.NaN,
            List.of(),
            Map.of(),
            () -> new AdapterWorkload(device, model.clip(), batch, prompts, true));
      }
      inference(4 * batch, bf16 ? List.of("eager", "compiled blocks") : List.of("eager"));
    }

    private void inference(int batch, List<String> ways) {
      row(
          "inference",
          batch,
          ModelWork.image(model.config()),
          ways,
          Map.of(),
          () -> new InferenceWorkload(device, model.clip(), batch));
    }

    private void row(
        String part,
        int batch,
        double operations,
        List<String> ways,
        Map<String, Object> more,
        Supplier<Workload> make) {
      String key = "%s/%s/%d".formatted(precision, part, batch);
      if (broken || report.has(key) || !settings.wants(key)) {
        return;
      }
      if (settings.deadline().secondsLeft() < RESERVE_SECONDS) {
        failed = true;
        report.out().println("out of time: " + key);
        return;
      }
      ModelRow row = new ModelRow(part, precision, batch, operations, rate);
      for (int round = 0; round < ROUNDS && !broken; round++) {
        ours(row, make);
        if (!broken && peerHasWeights) {
          for (String way : ways) {
            if (!row.isFailed(way)) {
              row.peer(way, askPeer(part, batch, way, more));
            }
          }
        }
        Map<String, Object> content = row.content();
        previous.compare(key, content);
        report.row(key, content, ModelTable.line(content));
      }
    }

    private void ours(ModelRow row, Supplier<Workload> make) {
      try (Workload workload = make.get()) {
        for (boolean replay : new boolean[] {true, false}) {
          double once = clock.milliseconds(3, 2, i -> workload.step(replay))[0];
          int repetitions =
              settings.tiny() ? 2 : (int) Math.clamp(MILLISECONDS / Math.max(1e-3, once), 5, 30);
          row.ours(
              replay,
              Timing.of(clock.milliseconds(0, repetitions, i -> workload.step(replay)), 1),
              workload.bytes());
        }
      } catch (RuntimeException e) {
        failed = true;
        row.failed(String.valueOf(e.getMessage()));
        broken = e instanceof CudaException && !KernelBench.stillServes(device);
      }
    }

    private JsonNode askPeer(String part, int batch, String way, Map<String, Object> more) {
      Map<String, Object> request = new LinkedHashMap<>(more);
      request.put("folder", weights.toAbsolutePath().toString());
      request.put("precision", precision);
      request.put("batch", batch);
      request.put("way", way);
      request.put("milliseconds", settings.tiny() ? 1 : MILLISECONDS);
      double left = settings.deadline().secondsLeft() - RESERVE_SECONDS;
      return peer.ask(part, request, Math.clamp(left, 1, PEER_SECONDS));
    }
  }
}
