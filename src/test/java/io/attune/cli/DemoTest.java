package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.data.synthetic.SyntheticSettings;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.hba.AdapterKind;
import io.attune.hba.BehaviorPreset;
import io.attune.report.BehaviorReport;
import io.attune.train.BehaviorSettings;
import io.attune.train.CacheLimit;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The demo's steps at a small size, on random weights; how much it gains is the nightly's matter.
 */
class DemoTest {
  @TempDir private Path temp;

  @Test
  void goesFromNothingToAReport() throws Exception {
    Path model = temp.resolve("model");
    assertEquals(0, Terminal.run("init", "--arch", "tiny", "--out", model.toString()).status());
    Path out = temp.resolve("demo");
    Demo.prepareFolder(out, false);
    try (Device device = Devices.open("cpu").device()) {
      Demo demo =
          new Demo(
              out,
              model,
              new SyntheticSettings(40, 32, 1, 3),
              new BehaviorSettings(
                  BehaviorPreset.CORRECTED,
                  AdapterKind.DORA,
                  1,
                  1,
                  4,
                  2,
                  2,
                  8,
                  3,
                  1e-3,
                  0.01,
                  CacheLimit.AUTO),
              device,
              Progress.NONE);
      BehaviorReport report = demo.run(() -> false).orElseThrow();
      assertEquals(2, report.scores().size());
      assertTrue(report.scores().getFirst().ceiling().isPresent(), "what was planted is known");
      assertEquals(8, report.human().size());
      assertEquals(66, report.dimensions().size());
      assertEquals(3, report.epochs().size());
    }
    assertTrue(Files.size(out.resolve(Demo.REPORT)) > 1_000_000);

    Path own = Files.writeString(out.resolve("notes.txt"), "mine");
    assertThrows(InputException.class, () -> Demo.prepareFolder(out, false));
    assertThrows(InputException.class, () -> Demo.prepareFolder(out, true), "notes.txt is left");
    assertTrue(Files.exists(own));
    assertFalse(Files.exists(out.resolve("things")));
    Files.delete(own);
    Demo.prepareFolder(out, true);
  }

  @Test
  void aFolderOfSomethingElseIsNotTouched() throws Exception {
    Path own = Files.writeString(temp.resolve("report.html"), "mine");
    Terminal.Result result =
        Terminal.run(
            "demo", "--overwrite", "--out", temp.toString(), "--model", "weights/references/names");
    assertEquals(2, result.status());
    assertTrue(result.err().contains("is not empty"), result.err());
    assertEquals("mine", Files.readString(own));
  }
}
