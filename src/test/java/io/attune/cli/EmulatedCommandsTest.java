package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.cli.Terminal.Result;
import io.attune.device.Devices;
import io.attune.format.Npy;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Commands on the CUDA device's emulation, from their arguments to their files. */
class EmulatedCommandsTest {
  private static final String SMALL = "weights/references/names";
  private static final String MEMORY = "attune.emulated.memory";

  @TempDir private static Path temp;
  private static Path things;
  private static Path model;

  @BeforeAll
  static void makeDataAndModel() {
    try {
      Devices.open("emulated").device().close();
    } catch (InputException e) {
      System.out.println("not tested: " + e.getMessage());
      Assumptions.abort(e.getMessage());
    }
    things = temp.resolve("things");
    model = temp.resolve("model");
    ok("data", "synth", "--out", things.toString(), "--concepts", "40", "--size", "32");
    ok("init", "--arch", "tiny", "--out", model.toString());
  }

  private static Result on(String precision, String... arguments) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--device", "emulated", "--precision", precision));
    return Terminal.run(all.toArray(String[]::new));
  }

  private static Result ok(String... arguments) {
    Result result = Terminal.run(arguments);
    assertEquals(0, result.status(), result.err());
    return result;
  }

  private static Result okOn(String precision, String... arguments) {
    Result result = on(precision, arguments);
    assertEquals(0, result.status(), result.err());
    assertTrue(result.err().contains("emulated: "), "says where: " + result.err());
    return result;
  }

  @ParameterizedTest
  @ValueSource(strings = {"f32", "tf32", "bf16"})
  void verifies(String precision) {
    String reference = SMALL + "/reference-contrastive.safetensors";
    Result result = okOn(precision, "verify", "--model", SMALL, "--reference", reference);
    assertTrue(result.out().endsWith(": PASS\n"), result.out());
  }

  @ParameterizedTest
  @CsvSource({"f32,1e-5", "bf16,2e-2"})
  void embedsAsTheCpuDoes(String precision, double tolerance) throws IOException {
    Path images = draw(5);
    Path expected = temp.resolve("cpu.npy");
    Path found = temp.resolve("emulated.npy");
    String[] common = {
      "embed",
      "--model",
      SMALL,
      "--images",
      images.toString(),
      "--normalize",
      "--batch",
      "2",
      "--out"
    };
    ok(with(common, expected.toString(), "--device", "cpu"));
    okOn(precision, with(common, found.toString()));
    try (Npy theirs = Npy.open(expected);
        Npy ours = Npy.open(found)) {
      assertEquals(theirs.shape(), ours.shape());
      float[] a = theirs.readFloats();
      float[] b = ours.readFloats();
      for (int i = 0; i < a.length; i++) {
        assertEquals(a[i], b[i], tolerance, "number " + i);
      }
    }
  }

  @Test
  void finetunesResumesOnTheCpuAndEvaluates() throws IOException {
    Path run = temp.resolve("run");
    String[] common = {
      "finetune",
      "behavior",
      "--model",
      model.toString(),
      "--things",
      things.toString(),
      "--batch",
      "16",
      "--rank",
      "4",
      "--out",
      run.toString()
    };
    okOn("bf16", with(common, "--epochs", "1"));
    assertEquals(2, Files.readAllLines(run.resolve("metrics.csv")).size());
    assertTrue(Files.readString(run.resolve("versions.json")).contains("BF16"));
    Result resumed = Terminal.run(with(common, "--epochs", "2", "--resume", "--device", "cpu"));
    assertEquals(0, resumed.status(), resumed.err());
    String said = resumed.err().replaceAll("\\s+", " ");
    assertTrue(
        said.contains(
            "precision 'BF16', now 'F32': results may differ by what the less precise of them"
                + " rounds away"),
        said);
    assertTrue(said.contains("the run began with device"), said);
    assertTrue(said.contains("results may differ in the last digits"), said);
    assertEquals(3, Files.readAllLines(run.resolve("metrics.csv")).size());

    String[] evaluate = {
      "evaluate",
      "behavior",
      "--model",
      model.toString(),
      "--adapter",
      run.toString(),
      "--things",
      things.toString()
    };
    double onCpu = spearman(ok(with(evaluate, "--device", "cpu")));
    assertEquals(onCpu, spearman(okOn("f32", evaluate)), 1e-4);
  }

  private static Path draw(int count) throws IOException {
    Path folder = Files.createDirectories(temp.resolve("images" + count));
    for (int n = 0; n < count; n++) {
      BufferedImage image = new BufferedImage(20, 30, BufferedImage.TYPE_INT_RGB);
      for (int i = 0; i < 600; i++) {
        image.setRGB(i % 20, i / 20, 0x203040 * (i + n));
      }
      ImageIO.write(image, "png", folder.resolve(n + ".png").toFile());
    }
    return folder;
  }

  private static double spearman(Result result) {
    return Double.parseDouble(result.out().split("\"spearman\":")[1].split(",")[0]);
  }

  @Test
  void pretrainsInBf16() {
    Path run = temp.resolve("pretrained");
    okOn(
        "bf16",
        "pretrain",
        "--data",
        things.toString(),
        "--epochs",
        "1",
        "--batch",
        "16",
        "--out",
        run.toString());
    assertTrue(Files.exists(run.resolve("model/model.safetensors")));
  }

  @Test
  void tooLittleMemoryIsOneLineWithTheBatchThatFits() throws IOException {
    Path run = temp.resolve("never");
    Map<String[], Integer> mebibytes =
        Map.of(
            new String[] {
              "pretrain", "--data", things.toString(), "--batch", "40", "--out", run.toString()
            },
            100,
            new String[] {
              "finetune",
              "behavior",
              "--model",
              model.toString(),
              "--things",
              things.toString(),
              "--batch",
              "32",
              "--cache",
              "off",
              "--out",
              run.toString()
            },
            135,
            new String[] {
              "embed",
              "--model",
              model.toString(),
              "--images",
              draw(40).toString(),
              "--batch",
              "40",
              "--out",
              temp.resolve("never.npy").toString()
            },
            34);
    mebibytes.forEach(
        (command, limit) -> {
          System.setProperty(MEMORY, Long.toString((long) limit << 20));
          try {
            Result refused = on("f32", command);
            assertEquals(2, refused.status(), refused.err());
            String line = onlyLine(refused);
            assertTrue(
                line.matches(".*too little memory on emulated: .* - --batch \\d+ would fit"), line);
            assertFalse(Files.exists(run.resolve("checkpoints/current.json")));
          } finally {
            System.clearProperty(MEMORY);
          }
        });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "cpu | bf16 | the cpu computes in f32 only, not bf16",
        "cpu | tf32 | the cpu computes in f32 only, not tf32",
        "cpu | half | 'half' is not f32, tf32 or bf16",
        "emulated | BF16 | 'BF16' is not f32, tf32 or bf16",
        "emulated:x | f32 | --device emulated:x: expected a whole number",
        "cuda:9 | f32 | --device cuda:9 cannot be served: ",
        "cuda:x | f32 | --device cuda:x is not understood",
        "cuda:-1 | f32 | --device cuda:-1 is not understood",
      })
  void whatCannotBeServedIsOneLine(String device, String precision, String reason) {
    String reference = SMALL + "/reference-contrastive.safetensors";
    String[][] commands = {
      {"verify", "--model", SMALL, "--reference", reference},
      {"embed", "--model", SMALL, "--images", "a", "--out", temp.resolve("e.npy").toString()},
    };
    for (String[] command : commands) {
      Result result = Terminal.run(with(command, "--device", device, "--precision", precision));
      assertEquals(2, result.status(), result.err());
      assertEquals("", result.out());
      assertEquals(1, result.err().lines().count(), result.err());
      assertTrue(onlyLine(result).contains(reason), result.err());
    }
  }

  private static String onlyLine(Result result) {
    List<String> lines = result.err().lines().filter(l -> l.startsWith("attune: ")).toList();
    assertEquals(1, lines.size(), result.err());
    assertFalse(lines.getFirst().contains("internal error"), result.err());
    assertFalse(lines.getFirst().contains("Exception"), result.err());
    return lines.getFirst();
  }

  private static String[] with(String[] arguments, String... more) {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of(more));
    return all.toArray(String[]::new);
  }
}
