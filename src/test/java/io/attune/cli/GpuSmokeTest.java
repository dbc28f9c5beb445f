package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.device.cuda.CudaUnavailableException;
import io.attune.device.cuda.DriverProbe;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The smoke test as a program: on a GPU it passes, without a driver it says so in one line. */
class GpuSmokeTest {
  @TempDir Path folder;

  @Test
  void passesOnADeviceAndElseSaysWhyNot() throws Exception {
    Path errors = folder.resolve("errors");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-cp",
                System.getProperty("java.class.path"),
                GpuSmoke.class.getName(),
                folder.toString())
            .redirectError(errors.toFile())
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    int status = process.waitFor();
    String reason = whyNot();
    if (reason == null) {
      assertEquals(0, status, output + Files.readString(errors));
      assertTrue(Files.readString(folder.resolve("smoke.json")).contains("\"ok\" : true"));
    } else {
      assertEquals(2, status);
      assertEquals("cuda: " + reason + System.lineSeparator(), Files.readString(errors));
      assertEquals("", output);
      assertFalse(Files.exists(folder.resolve("smoke.json")));
    }
  }

  private static String whyNot() {
    try {
      DriverProbe.find();
      return null;
    } catch (CudaUnavailableException e) {
      return e.getMessage();
    }
  }
}
