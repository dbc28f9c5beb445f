package io.attune.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.attune.InputException;
import io.attune.format.AtomicFile;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a stage found so far; the file is written whole again after every row, so that a run that is
 * killed keeps what it had, and one that is started again goes on after it.
 */
final class Report {
  private final Path file;
  private final PrintStream out;
  private final ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
  private final Map<String, Object> facts = new LinkedHashMap<>();
  private final Map<String, Map<String, Object>> rows = new LinkedHashMap<>();

  /**
   * @param file written after every row; its folder is made
   * @param resume whether to keep the rows that the file holds already
   */
  Report(Path file, String format, boolean resume, PrintStream out) {
    this.file = file;
    this.out = out;
    facts.put("format", format);
    facts.put("date", Instant.now().toString());
    facts.put("java", System.getProperty("java.vm.version"));
    facts.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      if (resume && Files.exists(file)) {
        for (JsonNode row : mapper.readTree(file.toFile()).path("rows")) {
          rows.put(row.path("key").asText(), mapper.convertValue(row, LinkedHashMap.class));
        }
      }
    } catch (IOException e) {
      throw new InputException("cannot use the results file %s: %s".formatted(file, e), e);
    }
  }

  PrintStream out() {
    return out;
  }

  Path file() {
    return file;
  }

  /** Something found about the machine. */
  void fact(String name, Object value) {
    facts.put(name, value);
    out.println(name + ": " + value);
    write();
  }

  Object factOf(String name) {
    return facts.get(name);
  }

  boolean has(String key) {
    return rows.containsKey(key);
  }

  /** Adds a row, or replaces the one of this key, and prints its line. */
  void row(String key, Map<String, Object> content, String line) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("key", key);
    row.putAll(content);
    rows.put(key, row);
    out.println(line);
    write();
  }

  List<Map<String, Object>> rows() {
    return new ArrayList<>(rows.values());
  }

  private void write() {
    Map<String, Object> content = new LinkedHashMap<>(facts);
    content.put("rows", rows.values());
    try {
      AtomicFile.writeText(file, mapper.writeValueAsString(content) + "\n");
    } catch (IOException e) {
      throw new InputException("cannot write %s: %s".formatted(file, e), e);
    }
  }
}
