package io.attune.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.clip.ClipModel;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.cuda.CudaClock;
import io.attune.device.cuda.CudaException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Images a second of whole models: inference, the behaviour stage and its step, and the contrastive
 * step, ours and PyTorch's in turns, from the same weights, which PyTorch makes.
 */
public final class ModelBench {
  private static final String FORMAT = "attune-gpu-model/2";

  /** Seconds at the end of a run for the table. */
  static final double RESERVE_SECONDS = 15;

  /** A compilation of a whole model may take this long. */
  static final double PEER_SECONDS = 170;

  private static final int SEED = 1;

  private final BenchSettings settings;
  private final List<ModelPlan.Group> plan;
  private final Report report;
  private final Peer peer;
  private final Previous previous;
  private final Path weights;
  private final Map<String, Boolean> written = new HashMap<>();
  private final List<String> leftOut = new ArrayList<>();
  private double secondsWanted;
  private boolean failed;
  private boolean broken;

  private ModelBench(BenchSettings settings, Peer peer, Path weights, PrintStream out) {
    this.settings = settings;
    this.plan = ModelPlan.of(settings);
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
      bench.run();
    } catch (CudaException e) {
      // A broken context cannot be closed either.
      if (!bench.broken) {
        throw e;
      }
    } finally {
      bench.tellLeftOut();
      ModelTable.print(bench.report);
    }
    if (bench.broken) {
      return KernelBench.Outcome.BROKEN;
    }
    return bench.failed ? KernelBench.Outcome.INCOMPLETE : KernelBench.Outcome.COMPLETE;
  }

  private void run() {
    for (ModelPlan.Group group : plan) {
      group.rows().stream()
          .filter(row -> wants(group.key(row)))
          .forEach(row -> secondsWanted += row.seconds());
    }
    for (ModelPlan.Group group : plan) {
      if (!broken && wantsAny(group)) {
        measure(group);
      }
    }
  }

  private void tellLeftOut() {
    if (!leftOut.isEmpty()) {
      report.fact(ModelTable.LEFT_OUT, leftOut);
    }
  }

  private boolean wants(String key) {
    return settings.wants(key) && !report.has(key);
  }

  private boolean wantsAny(ModelPlan.Group group) {
    return wants(group.prefix() + "/check")
        || group.rows().stream().anyMatch(row -> wants(group.key(row)));
  }

  /** Has PyTorch write random weights of the group's model, once; whether it did. */
  private boolean makeWeights(ModelPlan.Group group) {
    return written.computeIfAbsent(group.name(), name -> askForWeights(group));
  }

  private boolean askForWeights(ModelPlan.Group group) {
    String config = group.sizes().config().toJson();
    try {
      Map<String, Object> request = new LinkedHashMap<>();
      request.put("folder", folder(group).toAbsolutePath().toString());
      request.put("config", new ObjectMapper().readTree(config));
      JsonNode reply = peer.ask("weights", request, PEER_SECONDS);
      boolean made = !reply.has("failed");
      report.fact(
          "weights of " + group.name(),
          made ? "random, by PyTorch" : "random, ours: " + reply.path("failed").asText());
      if (report.factOf("peer") == null) {
        peer.versions().ifPresent(versions -> report.fact("peer", versions.toString()));
      }
      return made;
    } catch (IOException e) {
      throw new InputException("the configuration does not parse: " + e.getMessage(), e);
    }
  }

  private Path folder(ModelPlan.Group group) {
    return weights.resolve(group.name());
  }

  /** Everything of one model in one precision, as long as the device serves. */
  private void measure(ModelPlan.Group group) {
    if (settings.deadline().secondsLeft() < RESERVE_SECONDS) {
      group.rows().forEach(row -> leaveOut(group.key(row)));
      return;
    }
    boolean peerHasWeights = makeWeights(group);
    try (Device device = Devices.open(settings.device(), group.precision()).device();
        ClipModel model =
            peerHasWeights
                ? ClipModel.open(folder(group), device)
                : ClipModel.random(group.sizes().config(), device, SEED)) {
      CudaClock clock = CudaClock.of(device);
      if (report.factOf("device") == null) {
        clock.facts().forEach(report::fact);
        report.fact("description", device.description());
      }
      double rate = rate(group, device, clock);
      if (peerHasWeights) {
        check(device, model, group);
      }
      ModelStage stage =
          new ModelStage(
              device, model, group, rate, settings, peerHasWeights ? peer : null, folder(group));
      for (ModelPlan.Row row : group.rows()) {
        measure(stage, group, row);
      }
    }
  }

  private double rate(ModelPlan.Group group, Device device, CudaClock clock) {
    try (Inputs inputs = new Inputs(device)) {
      double rate = Rates.product(inputs, clock, group.sizes());
      report.fact("product " + group.label() + ", TFLOP/s", rate * 1e-12);
      return rate;
    }
  }

  private void check(Device device, ClipModel model, ModelPlan.Group group) {
    String key = group.prefix() + "/check";
    if (!wants(key)) {
      return;
    }
    try {
      Map<String, Object> row =
          new ModelCheck(device, model.clip(), folder(group).toAbsolutePath())
              .compare(peer, group.label(), PEER_SECONDS);
      report.row(key, row, ModelTable.check(group.prefix(), row));
    } catch (IOException | RuntimeException e) {
      failed = true;
      report.row(key, Map.of("failed", String.valueOf(e.getMessage())), key + " FAILED: " + e);
    }
  }

  private void measure(ModelStage stage, ModelPlan.Group group, ModelPlan.Row row) {
    String key = group.key(row);
    if (broken || !wants(key)) {
      return;
    }
    if (settings.deadline().secondsLeft() < RESERVE_SECONDS) {
      leaveOut(key);
      return;
    }
    Deadline until = settings.deadline().share(row.seconds(), secondsWanted, RESERVE_SECONDS);
    secondsWanted -= row.seconds();
    stage.measure(
        row,
        until,
        report,
        content -> {
          previous.compare(key, content);
          report.row(key, content, ModelTable.line(content));
        });
    failed |= stage.failed();
    broken = stage.broken();
  }

  private void leaveOut(String key) {
    if (wants(key)) {
      failed = true;
      leftOut.add(key);
      report.out().println("out of time: " + key);
    }
  }
}
