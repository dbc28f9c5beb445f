package io.attune.device.cuda.smoke;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.attune.InputException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What the smoke test found; the file is written whole again after every line, so none is lost. */
final class SmokeReport {
  /** One check (an error and its limit) or one measurement (no limit: NaN). */
  record Line(String name, double value, String unit, double limit, boolean ok) {
    String text() {
      String bound = Double.isNaN(limit) ? "" : "at most %.3g".formatted(limit);
      return "%-46s %12s %-9s %-15s %s"
          .formatted(name, number(), unit, bound, ok ? "ok" : "FAIL")
          .stripTrailing();
    }

    private String number() {
      return value != 0 && Math.abs(value) < 0.01
          ? "%.2e".formatted(value)
          : "%,.2f".formatted(value);
    }
  }

  private final Path file;
  private final PrintStream out;
  private final Map<String, Object> facts = new LinkedHashMap<>();
  private final List<Line> lines = new ArrayList<>();
  private boolean complete;

  /**
   * @param folder where {@code smoke.json} is written; made when it does not exist
   */
  SmokeReport(Path folder, PrintStream out) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new InputException("cannot make the results' folder %s: %s".formatted(folder, e), e);
    }
    this.out = out;
    file = folder.resolve("smoke.json");
    fact("date", Instant.now().toString());
    fact("java", System.getProperty("java.vm.version"));
    fact("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
  }

  /** Something found about the machine. */
  void fact(String name, Object value) {
    facts.put(name, value);
    out.println(name + ": " + value);
    write();
  }

  /** An error that must not exceed its limit; NaN fails. */
  void check(String name, double error, double limit) {
    add(new Line(name, error, "relative", limit, error <= limit));
  }

  void measure(String name, double value, String unit) {
    add(new Line(name, value, unit, Double.NaN, true));
  }

  /** To be called when nothing is left to do: without it the verdict is never a pass. */
  void complete() {
    complete = true;
    write();
  }

  boolean ok() {
    return complete && lines.stream().allMatch(Line::ok);
  }

  /** The facts and all lines, then the verdict. */
  void printTable() {
    out.println();
    out.printf(
        "%s, driver CUDA %s, %s%n", facts.get("device"), facts.get("driver"), facts.get("cublas"));
    lines.forEach(line -> out.println(line.text()));
    out.println(
        "smoke: " + (ok() ? "PASS" : complete ? "FAIL" : "INCOMPLETE") + ", results in " + file);
  }

  private void add(Line line) {
    lines.add(line);
    out.println(line.text());
    write();
  }

  private void write() {
    Map<String, Object> content = new LinkedHashMap<>();
    content.put("format", "attune-gpu-smoke/1");
    content.putAll(facts);
    content.put("complete", complete);
    content.put("ok", ok());
    content.put("lines", lines.stream().map(SmokeReport::asMap).toList());
    Path partial = file.resolveSibling(file.getFileName() + ".partial");
    try {
      byte[] bytes =
          new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValueAsBytes(content);
      try (FileChannel channel =
          FileChannel.open(
              partial,
              StandardOpenOption.CREATE,
              StandardOpenOption.WRITE,
              StandardOpenOption.TRUNCATE_EXISTING)) {
        channel.write(ByteBuffer.wrap(bytes));
        channel.force(true);
      }
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new InputException("cannot write %s: %s".formatted(file, e), e);
    }
  }

  private static Map<String, Object> asMap(Line line) {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("name", line.name());
    map.put("value", Double.isFinite(line.value()) ? line.value() : String.valueOf(line.value()));
    map.put("unit", line.unit());
    if (!Double.isNaN(line.limit())) {
      map.put("limit", line.limit());
    }
    map.put("ok", line.ok());
    return map;
  }
}
