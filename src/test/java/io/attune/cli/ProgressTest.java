package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.Progress;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProgressTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream err = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  @Test
  void aLogGetsOneLineForAShortTask() {
    Progress progress = new Console(err, err, 0).progress();
    try (Progress.Task task = progress.start("embedding", "images", 10)) {
      task.advance(4);
      task.advance(6);
      task.note("loss 0.5");
    }
    assertEquals(1, text().lines().count(), text());
    assertTrue(text().startsWith("embedding: 10 images ("), text());
    assertTrue(text().endsWith(" images/s), loss 0.5\n"), text());
  }

  @Test
  void anUnfinishedTaskSaysHowFarItCame() {
    try (Progress.Task task = new LineProgress(err).start("embedding", "images", 10)) {
      task.advance(4);
    }
    assertTrue(text().startsWith("embedding: 4 of 10 images"), text());
  }

  @Test
  void aTerminalGetsABarThatFitsItsWidth() {
    Progress progress = new Console(err, err, 60).progress();
    try (Progress.Task task = progress.start("embedding", "images", 10)) {
      task.advance(10);
      progress.message("half way");
    }
    assertTrue(text().contains("half way"), text());
    String last = text().lines().filter(line -> line.contains("100%")).reduce("", (a, b) -> b);
    assertTrue(last.contains("embedding"), text());
    for (String drawn : last.split("\r")) {
      assertTrue(drawn.length() < 60, drawn);
    }
  }

  private String text() {
    return bytes.toString(StandardCharsets.UTF_8).replace("\r\n", "\n");
  }
}
