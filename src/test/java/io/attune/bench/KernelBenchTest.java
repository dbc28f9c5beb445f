package io.attune.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.device.Device;
import io.attune.device.Devices;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The kernels' bench on kernels built for the host, with sizes that they can serve. */
class KernelBenchTest {
  @TempDir Path folder;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  @Test
  void everyOperationOfTheContractHasARow() throws Exception {
    requireEmulation();
    assertEquals(KernelBench.Outcome.COMPLETE, run("^(f32|bf16)/", false), out::toString);
    Set<String> measured = new TreeSet<>();
    for (JsonNode row : rows()) {
      assertTrue(row.path("ours").path("p50_us").asDouble() > 0, row::toString);
      assertTrue(row.path("floor_us").asDouble() > 0, row::toString);
      measured.add(row.path("precision").asText() + " " + row.path("operation").asText());
    }
    Set<String> missing = contract();
    missing.removeAll(measured);
    assertEquals(Set.of(), missing, "operations without a row");
    assertTrue(out.toString(StandardCharsets.UTF_8).contains("0 failed"), out::toString);
  }

  @Test
  void everyCaseIsAnOperationThatTheCpuCanDo() {
    try (Device device = Devices.open("cpu").device()) {
      List<OperationCase> cases = OperationCases.of(Sizes.TINY, device, null);
      for (OperationCase operation : cases) {
        try (Inputs inputs = new Inputs(device)) {
          operation.setup().prepare(inputs).run();
        }
      }
      long families = cases.stream().map(one -> one.operation().split("[.]")[0]).distinct().count();
      assertEquals(15, families, "fourteen families and the patch convolution");
    }
  }

  @Test
  void aRunThatIsResumedMeasuresTheOthersOnly() throws Exception {
    requireEmulation();
    run("^f32/philox", false);
    List<JsonNode> first = rows();
    run("^f32/(philox|elementwise)", true);
    List<JsonNode> both = rows();
    assertEquals(2, first.size());
    assertEquals(6, both.size());
    assertEquals(first, both.subList(0, 2));
  }

  @Test
  void withoutTimeItSaysWhatIsMissing() {
    requireEmulation();
    BenchSettings settings =
        BenchSettings.tiny(folder, "emulated", false, null, Deadline.inSeconds(0));
    assertEquals(KernelBench.Outcome.INCOMPLETE, KernelBench.run(settings, noPeer(), print()));
    assertTrue(out.toString(StandardCharsets.UTF_8).contains("out of time"), out::toString);
  }

  /** A row of an earlier version stands beside its own; one that it did not have stands alone. */
  @Test
  void earlierResultsAreSetBeside() throws Exception {
    requireEmulation();
    run("^f32/philox", false);
    JsonNode first = rows().getFirst();
    Path earlier = Files.copy(folder.resolve("kernels.json"), folder.resolve("earlier.json"));
    BenchSettings settings =
        new BenchSettings(
            folder,
            "emulated",
            true,
            null,
            0,
            false,
            Pattern.compile("^f32/(philox|elementwise)"),
            earlier,
            Deadline.inSeconds(300));
    KernelBench.run(settings, noPeer(), print());
    long beside = rows().stream().filter(row -> row.has("previous_ratio")).count();
    assertEquals(2, beside);
    JsonNode again =
        rows().stream().filter(row -> row.path("key").equals(first.path("key"))).findFirst().get();
    double before = first.path("ours").path("p50_us").asDouble();
    assertEquals(before, again.path("previous_p50_us").asDouble());
    assertEquals(
        before / again.path("ours").path("p50_us").asDouble(),
        again.path("previous_ratio").asDouble(),
        1e-9);
    assertTrue(out.toString(StandardCharsets.UTF_8).contains("; before "), out::toString);
    Path empty = Files.writeString(folder.resolve("empty.json"), "{}");
    assertThrows(InputException.class, () -> Previous.read(empty));
  }

  private KernelBench.Outcome run(String only, boolean resume) {
    BenchSettings settings =
        BenchSettings.tiny(
            folder, "emulated", resume, Pattern.compile(only), Deadline.inSeconds(300));
    return KernelBench.run(settings, noPeer(), print());
  }

  private PrintStream print() {
    return new PrintStream(out, true, StandardCharsets.UTF_8);
  }

  private Peer noPeer() {
    return new Peer("python3", null, folder.resolve("peers.log"), "cpu");
  }

  private List<JsonNode> rows() throws Exception {
    JsonNode report = new ObjectMapper().readTree(Files.readString(folder.resolve("kernels.json")));
    return report.path("rows").valueStream().toList();
  }

  /** {@code f32 family.method} and {@code bf16 family.method} of all families. */
  private static Set<String> contract() {
    Set<String> operations = new TreeSet<>();
    for (Method family : Device.class.getMethods()) {
      Class<?> type = family.getReturnType();
      if (type.getPackageName().equals("io.attune.device.op") && type.isInterface()) {
        for (Method operation : type.getMethods()) {
          if (!Modifier.isStatic(operation.getModifiers())) {
            operations.add("f32 " + family.getName() + "." + operation.getName());
            operations.add("bf16 " + family.getName() + "." + operation.getName());
          }
        }
      }
    }
    return operations;
  }

  private static void requireEmulation() {
    try (Device device = Devices.open("emulated").device()) {
      assertEquals("emulated", device.name());
    } catch (InputException e) {
      System.out.println("skipped: " + e.getMessage());
      Assumptions.abort(e.getMessage());
    }
  }
}
