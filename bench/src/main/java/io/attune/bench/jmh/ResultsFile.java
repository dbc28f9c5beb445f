package io.attune.bench.jmh;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.format.AtomicFile;
import java.nio.file.Path;
import java.util.List;

/** Results as JSON with every slice, and as Markdown beside it. */
final class ResultsFile {
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private ResultsFile() {}

  /** Writes {@code base.json} and {@code base.md}, each whole or not at all. */
  static void write(Path base, Machine machine, Plan plan, Peak peak, List<Row> rows) {
    AtomicFile.write(
        Destination.json(base),
        out -> out.write(MAPPER.writeValueAsBytes(json(machine, plan, peak, rows))));
    AtomicFile.writeText(Destination.markdown(base), Table.of(machine, plan, peak, rows));
  }

  private static ObjectNode json(Machine machine, Plan plan, Peak peak, List<Row> rows) {
    ObjectNode root = MAPPER.createObjectNode();
    root.put("date", machine.date().toString());
    root.put("processor", machine.processor());
    root.put("cores", machine.cores());
    root.put("system", machine.system());
    root.put("java", machine.java());
    root.put("load_average", machine.load());
    root.put("threads", plan.threads());
    root.put("clock", plan.clock().label());
    root.put("launches", plan.launches());
    root.put("slice_ms", plan.milliseconds());
    root.put("peak_gflops", peak.gigaflops());
    root.put("copy_gbytes", peak.gigabytes());
    ArrayNode contests = root.putArray("contests");
    for (Row row : rows) {
      if (!row.samples().isEmpty()) {
        contest(contests.addObject(), row);
      }
    }
    ArrayNode scalings = root.putArray("scaling");
    for (Scaling scaling : Scaling.of(rows)) {
      ObjectNode node = scalings.addObject();
      node.put("against", scaling.axis());
      node.put("provider", scaling.provider().label());
      ObjectNode times = node.putObject("milliseconds");
      scaling.milliseconds().forEach((value, time) -> times.put(value.toString(), time));
      node.put("power", scaling.exponent());
    }
    return root;
  }

  private static void contest(ObjectNode node, Row row) {
    node.put("question", row.question().name());
    node.put("operation", row.contest().operation());
    node.put("shape", row.contest().shape());
    node.put("flops", row.contest().amount().flops());
    node.put("bytes", row.contest().amount().bytes());
    node.put("items", row.contest().amount().items());
    if (!Double.isNaN(row.ratio())) {
      node.put("reference", row.reference().orElseThrow().label());
      node.put("ratio", row.ratio());
    }
    ArrayNode others = node.putArray("other_work_cores");
    row.otherWork().stream().filter(cores -> !cores.isNaN()).forEach(others::add);
    ObjectNode providers = node.putObject("providers");
    row.samples()
        .forEach((provider, samples) -> provider(providers.putObject(provider.label()), samples));
  }

  private static void provider(ObjectNode node, Samples samples) {
    node.put("p20_ns", samples.quantile(0.2));
    node.put("p50_ns", samples.median());
    node.put("p80_ns", samples.quantile(0.8));
    if (!Double.isNaN(samples.allocated())) {
      node.put("allocated_bytes", samples.allocated());
    }
    if (samples.residentBytes() != ResidentMemory.UNKNOWN) {
      node.put("resident_bytes", samples.residentBytes());
    }
    Gauges gauges = samples.gauges();
    if (gauges.steps() > 0) {
      node.put("steps", gauges.steps());
      node.put("step_ns", gauges.stepNanoseconds() / gauges.steps());
      node.put("waiting_share", gauges.waitingShare());
    }
    if (gauges.livedBytes() > 0) {
      node.put("planned_bytes", gauges.plannedBytes());
      node.put("lived_bytes", gauges.livedBytes());
    }
    ArrayNode medians = node.putArray("launch_medians_ns");
    samples.launchMedians().forEach(medians::add);
    ArrayNode launches = node.putArray("launches_ns");
    for (double[] launch : samples.launches()) {
      ArrayNode times = launches.addArray();
      for (double time : launch) {
        times.add(time);
      }
    }
  }
}
