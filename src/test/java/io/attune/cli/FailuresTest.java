package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.attune.InputException;
import io.attune.device.DeviceMemoryException;
import io.attune.device.cuda.CudaException;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What a failure prints and which status it ends with. */
class FailuresTest {
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final Failures failures =
      new Failures(new PrintStream(printed, true, StandardCharsets.UTF_8), new Attune());

  static Stream<Arguments> failures() {
    return Stream.of(
        Arguments.of(new InputException("a.npy: empty"), 2, "attune: a.npy: empty"),
        Arguments.of(
            new DeviceMemoryException("qkv needs 900 MiB", null), 2, "attune: qkv needs 900 MiB"),
        Arguments.of(
            new java.nio.file.NoSuchFileException("x"), 2, "attune: x: no such file or folder"),
        Arguments.of(
            new java.io.IOException("disk\nfull"),
            1,
            "attune: reading or writing failed: disk full"));
  }

  @ParameterizedTest
  @MethodSource("failures")
  void eachIsOneLine(Throwable failure, int status, String line) {
    assertEquals(status, failures.report(failure));
    assertEquals(line + System.lineSeparator(), printed.toString(StandardCharsets.UTF_8));
  }

  @Test
  void aCardThatFailsIsOneLineToo() {
    assertEquals(2, failures.report(new CudaException("cuMemAlloc", 2, "out of memory")));
    assertEquals(1, printed.toString(StandardCharsets.UTF_8).lines().count());
  }
}
