package io.attune.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a row of the models' bench keeps and prints. */
class ModelTableTest {
  @Test
  void aRowShowsMemoryOfBothAndWhatWasLeftOut() throws Exception {
    ModelRow row = new ModelRow("vit-b-32", "inference", "bf16", 64, 1e10, 1e14);
    row.ours(true, new Timing(900, 1000, 1100, 5, 1));
    row.memory(400_000_000L, 1_250_000_000L, 3_000_000_000L);
    row.peer(
        "eager",
        new ObjectMapper()
            .readTree(
                "{\"variants\": [{\"name\": \"eager\", \"p50_us\": 2000, \"peak_bytes\":"
                    + " 2500000000}]}"));
    row.leaveOut("eager");
    row.leaveOut("compiled");
    Map<String, Object> content = row.content();
    assertEquals(1_250_000_000L, content.get("peak_bytes"));
    assertEquals(Map.of("eager", 2_500_000_000L), content.get("peer_peak_bytes"));
    // A further round of what was measured once is no loss.
    assertEquals(List.of("compiled"), content.get("left_out"));
    String line = ModelTable.line(content);
    assertTrue(line.contains("64000 images/s"), line);
    assertTrue(line.contains(", peak 1.25 GB; torch: eager 32000 (peak 2.50 GB)"), line);
    assertTrue(line.contains("compiled: left out for time"), line);
    assertTrue(line.contains("ratio to eager 2.00"), line);
  }

  @Test
  void theStagesLineSaysWhatIsExtrapolated() {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("model", "vit-l-14");
    row.put("precision", "bf16");
    row.put("part", "behavior stage");
    row.put("batch", 64);
    row.put("images", 1806);
    row.put("epochs", 100);
    row.put("epochs_run", 40);
    row.put("extrapolated", true);
    row.put("seconds", 33.25);
    row.put("preparation_seconds", 4.0);
    row.put("goal_seconds", 60.0);
    row.put("peer_name", "peft eager");
    row.put("peer_seconds_extrapolated", 400.0);
    String line = ModelTable.line(row);
    assertTrue(
        line.contains("100 epochs in 33.3 s (extrapolated from 40 epochs) after 4.0 s of caching"),
        line);
    assertTrue(line.contains("goal 60 s"), line);
    assertTrue(line.contains("recomputing all: 400 s (extrapolated from its step)"), line);
    row.put("extrapolated", false);
    assertTrue(ModelTable.line(row).contains("100 epochs in 33.3 s after"), "it was really run");
  }
}
