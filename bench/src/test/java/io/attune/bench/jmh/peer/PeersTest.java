package io.attune.bench.jmh.peer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.attune.bench.jmh.Provider;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeersTest {
  private static final String PYTHON = "/usr/bin/python3";

  @Test
  void aPythonThatIsNotThereIsNamed() {
    String why = Python.missingFrom("/nonexistent/python3", "numpy", "PIL").orElseThrow();
    assertEquals(
        "/nonexistent/python3 cannot be started: install it with numpy, PIL, or name another Python"
            + " in ATTUNE_PYTHON",
        why);
  }

  @Test
  void aModuleThatIsNotThereIsNamed() {
    if (!Files.isExecutable(Path.of(PYTHON))) {
      System.out.println("skipped: no " + PYTHON);
    }
    assumeTrue(Files.isExecutable(Path.of(PYTHON)), "no " + PYTHON);
    assertEquals(Optional.empty(), Python.missingFrom(PYTHON, "sys"));
    String why = Python.missingFrom(PYTHON, "sys", "no_such_module").orElseThrow();
    assertTrue(why.startsWith(PYTHON + " cannot import sys, no_such_module: install"), why);
  }

  /** Pure Java peers need nothing. */
  @Test
  void nothingIsAskedOfWhoDoesNotEnter() {
    Peers.require(
        EnumSet.of(Provider.ATTUNE, Provider.EJML, Provider.NETLIB), Path.of("/none/djl"));
  }

  @Test
  void libtorchThatCannotBeUnpackedIsRefused(@TempDir Path folder) {
    if (Torch.missing(folder).isPresent()) {
      System.out.println("skipped: " + Torch.missing(folder).get());
    }
    assumeTrue(Torch.missing(folder).isEmpty(), "no libtorch for this machine");
    assertEquals(Optional.empty(), Torch.missing(folder.resolve("djl")));
    String why = Torch.missing(folder.resolve("none").resolve("djl")).orElseThrow();
    assertTrue(why.contains("none/djl at first, where you may not write"), why);
  }
}
