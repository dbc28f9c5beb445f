package io.attune.device.cuda.smoke;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is left of a smoke test, also of one that was cut short. */
class SmokeReportTest {
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);
  @TempDir Path folder;

  /** A report that was cut short is never a pass, and what it had found is on disk. */
  @Test
  void anUnfinishedReportIsNoPass() throws IOException {
    SmokeReport report = new SmokeReport(folder, out);
    report.check("one", 1e-9, 1e-6);
    assertFalse(report.ok());
    assertTrue(Files.readString(folder.resolve("smoke.json")).contains("\"one\""));
    report.complete();
    assertTrue(report.ok());
    report.check("two", Double.NaN, 1e-6);
    assertFalse(report.ok());
    assertTrue(Files.readString(folder.resolve("smoke.json")).contains("\"ok\" : false"));
    report.printTable();
    String last = printed.toString(StandardCharsets.UTF_8).lines().toList().getLast();
    assertEquals("smoke: FAIL, results in " + folder.resolve("smoke.json"), last);
  }
}
