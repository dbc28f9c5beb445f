package io.attune.bench;

import com.fasterxml.jackson.databind.JsonNode;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.Precision;
import io.attune.device.cuda.CudaClock;
import io.attune.device.cuda.CudaException;
import io.attune.device.cuda.CudaPeers;
import io.attune.device.cuda.CudaUnavailableException;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Times every operation of the contract at training sizes against its floor, and PyTorch's
 * counterpart in turns with it.
 */
public final class KernelBench {
  private static final String FORMAT = "attune-gpu-kernels/1";
  private static final int ROUNDS = 2;
  private static final double MILLISECONDS = 60;
  private static final double PEER_SECONDS = 60;

  /** Time that the table, and what is being measured when time ends, may still take. */
  private static final double RESERVE_SECONDS = 15;

  /** What became of a run. */
  public enum Outcome {
    /** Every row was measured. */
    COMPLETE,
    /** Some row failed, or there was no time for it. */
    INCOMPLETE,
    /** The card's context broke: start again in a new process, with resume, for the other rows. */
    BROKEN
  }

  private final BenchSettings settings;
  private final Sizes sizes;
  private final Report report;
  private final Peer peer;
  private final Previous previous;
  private Double copyRate;
  private boolean failed;
  private boolean broken;

  private KernelBench(BenchSettings settings, Peer peer, PrintStream out) {
    this.settings = settings;
    this.sizes = settings.sizes();
    this.report =
        new Report(settings.folder().resolve("kernels.json"), FORMAT, settings.resume(), out);
    this.peer = peer;
    this.previous = Previous.read(settings.previous());
  }

  /** Runs it; {@code kernels.json} is written as it goes, the table comes last. */
  public static Outcome run(BenchSettings settings, Peer peer, PrintStream out) {
    KernelBench bench = new KernelBench(settings, peer, out);
    try {
      Precision[] order = {Precision.BF16, Precision.F32, Precision.TF32};
      for (int i = 0; i < order.length && !bench.broken; i++) {
        bench.measureAll(order[i]);
      }
    } catch (CudaException e) {
      // A broken context cannot be closed either.
      if (!bench.broken) {
        throw e;
      }
    } finally {
      if (!bench.broken) {
        KernelTable.print(bench.report);
      }
    }
    return bench.broken ? Outcome.BROKEN : bench.failed ? Outcome.INCOMPLETE : Outcome.COMPLETE;
  }

  /** All rows of a precision, as long as the device serves. */
  private void measureAll(Precision precision) {
    try (Device device = Devices.open(settings.device(), precision).device();
        CudaPeers cudnn = cudnn(device)) {
      List<OperationCase> cases =
          OperationCases.of(sizes, device, cudnn).stream()
              .filter(operation -> settings.wants(key(operation, precision)))
              .filter(operation -> !report.has(key(operation, precision)))
              .toList();
      if (!cases.isEmpty()) {
        measureAll(cases, device, precision);
      }
    }
  }

  private CudaPeers cudnn(Device device) {
    try {
      CudaPeers cudnn = CudaPeers.open(device);
      report.fact("cudnn", cudnn.description());
      return cudnn;
    } catch (CudaUnavailableException | CudaException e) {
      report.fact("cudnn", "none: " + e.getMessage());
      return null;
    }
  }

  private void measureAll(List<OperationCase> cases, Device device, Precision precision) {
    CudaClock clock = CudaClock.of(device);
    if (report.factOf("device") == null) {
      clock.facts().forEach(report::fact);
      report.fact("description", device.description());
      report.fact(
          "peer",
          peer.versions().map(JsonNode::toString).orElseGet(() -> "none: " + peer.absent()));
    }
    Rates rates = rates(device, clock, precision);
    OperationTimer timer = new OperationTimer(device, clock, settings.tiny());
    for (OperationCase operation : cases) {
      if (settings.deadline().secondsLeft() < RESERVE_SECONDS) {
        failed = true;
        report.out().println("out of time: " + key(operation, precision) + " and what follows");
        return;
      }
      broken = !measure(operation, precision, device, timer, rates);
      if (broken) {
        return;
      }
    }
  }

  private Rates rates(Device device, CudaClock clock, Precision precision) {
    try (Inputs inputs = new Inputs(device)) {
      if (copyRate == null) {
        copyRate = Rates.copy(inputs, clock, sizes);
        report.fact("copy, TB/s read + written", copyRate * 1e-12);
      }
      double product = Rates.product(inputs, clock, sizes);
      report.fact("product " + label(precision) + ", TFLOP/s", product * 1e-12);
      return new Rates(copyRate, product);
    }
  }

  /** One row; false if the device is of no use any more. */
  private boolean measure(
      OperationCase operation,
      Precision precision,
      Device device,
      OperationTimer timer,
      Rates rates) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("operation", operation.operation());
    row.put("detail", operation.detail());
    row.put("shape", operation.shape());
    row.put("precision", label(precision));
    row.put("bytes", operation.bytes());
    row.put("operations", operation.operations());
    double floor = rates.floorMicroseconds(operation.bytes(), operation.operations());
    boolean memory = rates.memoryBound(operation.bytes(), operation.operations());
    row.put("bound", memory ? "memory" : "products");
    row.put("floor_us", floor);
    int sets = timer.sets(operation.bytes());
    row.put("sets", sets);
    row.put("in_cache", !timer.leavesCache(operation.bytes(), sets));
    Timing ours = null;
    PeerTimes theirs = new PeerTimes();
    boolean usable = true;
    for (int round = 0; round < ROUNDS && usable; round++) {
      try {
        ours = Timing.faster(ours, timer.time(operation, sets, MILLISECONDS));
      } catch (RuntimeException e) {
        failed = true;
        row.put("failed", String.valueOf(e.getMessage()));
        usable = !(e instanceof CudaException) || stillServes(device);
      }
      if (usable) {
        theirs.add(askPeer(operation, precision, sets));
      }
    }
    if (ours != null) {
      row.put("ours", ours.asMap());
      row.put("percent_of_floor", 100 * floor / ours.p50());
      double seconds = ours.p50() * 1e-6;
      row.put("GB_per_s", operation.bytes() / seconds * 1e-9);
      row.put("TFLOP_per_s", operation.operations() / seconds * 1e-12);
    }
    row.put("peer", theirs.details());
    if (peer.absent() == null && theirs.failure() != null) {
      row.put("peer_failed", theirs.failure());
    }
    String best = theirs.fastest();
    if (best != null) {
      row.put("peer_name", best);
      row.put("peer_p50_us", theirs.median(best));
      if (ours != null) {
        row.put("ratio", theirs.median(best) / ours.p50());
      }
    }
    previous.compare(key(operation, precision), row);
    report.row(key(operation, precision), row, KernelTable.line(row));
    return usable;
  }

  private JsonNode askPeer(OperationCase operation, Precision precision, int sets) {
    Map<String, Object> request = new LinkedHashMap<>();
    request.put("operation", operation.operation());
    request.put("precision", label(precision));
    request.put("sizes", operation.sizes());
    request.put("sets", sets);
    request.put("milliseconds", settings.tiny() ? 1 : MILLISECONDS);
    return peer.ask(
        "operation", request, Math.min(PEER_SECONDS, settings.deadline().secondsLeft()));
  }

  /** After a failed launch: whether the context survived it. */
  static boolean stillServes(Device device) {
    try {
      device.synchronize();
      return true;
    } catch (CudaException broken) {
      return false;
    }
  }

  private static String key(OperationCase operation, Precision precision) {
    return label(precision) + "/" + operation.key();
  }

  private static String label(Precision precision) {
    return precision.name().toLowerCase(Locale.ROOT);
  }
}
