package io.attune.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** What can be told before anything is measured. */
class BenchCommandTest {
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... arguments) {
    return BenchCommand.run(new PrintWriter(out), new PrintWriter(err), arguments);
  }

  private record Bad(String says, String... arguments) {}

  /** One line each, and nothing is measured. */
  @TestFactory
  Stream<DynamicTest> badInputIsOneLineAndStatusTwo() {
    int many = 1 + Runtime.getRuntime().availableProcessors();
    return Stream.of(
            new Bad("knows no \"gem\": expected gemm, operations", "gem"),
            new Bad("unknown option --bogus (see attune bench --help)", "--bogus"),
            new Bad("expected a regular expression, found (x: unclosed group", "--only", "(x"),
            new Bad("--only zzz matches no contest of gemm; --list", "gemm", "--only", "zzz"),
            new Bad("Missing required parameter for option '--only'", "--only"),
            new Bad("at least 1, found 0", "--threads", "0"),
            new Bad("at least 1, found -1", "--threads", "-1"),
            new Bad("at least 1, found two", "--threads", "two"),
            new Bad("of this machine, found " + many, "--threads", Integer.toString(many)),
            new Bad("at least 1, found 0", "--launches", "0"),
            new Bad("at least 1, found 99999999999", "--launches", "99999999999"),
            new Bad("expected one of wall, cpu, found \"sun\"", "--clock", "sun"),
            new Bad("expected one of attune, libtorch, numpy, pil", "--providers", "attune,x"),
            new Bad("no provider enters what was asked", "softmax", "--providers", "numpy"),
            new Bad("start asks is measured by --clock wall only", CPU, "start"),
            new Bad("--out x/none/r.json: there is no folder", "--out", "x/none/r"))
        .map(
            bad ->
                DynamicTest.dynamicTest(
                    String.join(" ", bad.arguments),
                    () -> new BenchCommandTest().refuses(bad.says, bad.arguments)));
  }

  private static final String CPU = "--clock=cpu";

  private void refuses(String says, String... arguments) {
    String[] all = arguments;
    if (arguments[0].equals(CPU)) {
      all = new String[] {CPU, "--threads", "1", arguments[1]};
    }
    assertEquals(BenchFailures.BAD_INPUT, run(all), err.toString());
    assertEquals(1, err.toString().lines().count(), err.toString());
    assertTrue(err.toString().startsWith("attune: "), err.toString());
    assertTrue(err.toString().replace("cannot write ", "--out ").contains(says), err.toString());
    assertEquals("", out.toString());
  }

  @Test
  void processorTimeLeavesOutWhatIsMeasuredByTheWallOnly() {
    assertEquals(0, run("gemm", "start", "--clock", "CPU", "--threads", "1", "--list"));
    assertTrue(out.toString().contains("gemm forward / vit-b-32 qkv"), out.toString());
    assertFalse(out.toString().contains("start"), out.toString());
  }

  @Test
  void whatWasMeasuredBeforeIsKept(@TempDir Path folder) throws Exception {
    Path before = Files.writeString(folder.resolve("run.md"), "kept");
    assertEquals(
        BenchFailures.BAD_INPUT,
        run("softmax", "--providers", "attune", "--out", folder.resolve("run").toString()));
    assertTrue(err.toString().contains("run.md exists already; name another"), err.toString());
    assertEquals("kept", Files.readString(before));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(List.of(before), files.toList());
    }
  }

  @Test
  void figuresHavePointsInEveryLanguage(@TempDir Path folder) throws Exception {
    Locale before = Locale.getDefault();
    try {
      Locale.setDefault(Locale.GERMANY);
      run("gemm", "--list");
      Row row =
          new Row(
              Questions.all().getFirst(),
              Contest.of("x", "y", Amount.bytes(1e6), 0, new EnumMap<>(Provider.class)));
      row.samples()
          .computeIfAbsent(Provider.ATTUNE, provider -> new Samples())
          .add(new double[] {2.5e6});
      Path base = folder.resolve("r");
      ResultsFile.write(base, Machine.here(), Plan.quick(1), new Peak(1, 1.5), List.of(row));
      String table = Files.readString(Path.of(base + ".md"));
      assertTrue(table.contains("copy 1.5 GB/s"), table);
      assertTrue(table.contains("| 2.5000 | 0.4 GB/s | 27 % |"), table);
    } finally {
      Locale.setDefault(before);
    }
  }
}
