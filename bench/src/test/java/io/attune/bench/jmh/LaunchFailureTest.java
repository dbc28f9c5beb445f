package io.attune.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.openjdk.jmh.runner.BenchmarkException;
import org.openjdk.jmh.runner.RunnerException;

class LaunchFailureTest {
  private static RunnerException thrown(Throwable inTheLaunch) {
    return new RunnerException(
        "Benchmark caught the exception",
        new BenchmarkException("Benchmark error during the run", List.of(inTheLaunch)));
  }

  @Test
  void tellsWhatTheLaunchThrewInALine() {
    RuntimeException failure =
        LaunchFailure.of(
            "x / y", thrown(new IllegalStateException("a and b,\n  output 0 differ")), "all of it");
    assertEquals("x / y: a and b, output 0 differ", failure.getMessage());
    assertEquals("all of it", assertInstanceOf(LaunchFailure.class, failure).said());
    assertEquals(
        "x / y: java.io.IOException: pipe",
        LaunchFailure.of("x / y", thrown(new IOException("pipe")), "").getMessage());
  }

  @Test
  void badInputStaysBadInput() {
    RuntimeException failure =
        LaunchFailure.of(
            "x / y", thrown(new InputException("no such file", new IOException())), "");
    assertInstanceOf(InputException.class, failure);
    assertEquals("x / y: no such file", failure.getMessage());
  }

  @Test
  void aLaunchThatDiedWithoutAWordIsTold() {
    RuntimeException failure =
        LaunchFailure.of(
            "x / y", new RunnerException(new IllegalStateException("Forked VM failed")), "");
    assertTrue(failure.getMessage().contains("Forked VM failed"), failure.getMessage());
  }
}
