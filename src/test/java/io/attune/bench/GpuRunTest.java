package io.attune.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@code bench/gpu/run} tells a wrong stage before it looks for a bundle or makes a folder. */
class GpuRunTest {
  @Test
  void aWrongStageIsToldFirst() throws IOException, InterruptedException {
    for (List<String> command :
        List.of(List.of("sh", "bench/gpu/run"), List.of("sh", "bench/gpu/run", "kernel"))) {
      Process run = new ProcessBuilder(command).redirectErrorStream(true).start();
      String told = new String(run.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      assertEquals(2, run.waitFor(), told);
      assertTrue(told.contains("usage: bench/gpu/run smoke|tests|kernels|model"), told);
    }
  }
}
