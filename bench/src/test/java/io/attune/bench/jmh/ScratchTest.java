package io.attune.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ScratchTest {
  @Test
  void goesWithAllThatIsInIt() throws Exception {
    Scratch scratch = new Scratch(() -> {});
    Path deep = Files.createDirectories(scratch.folder().resolve("a").resolve("b"));
    Files.writeString(deep.resolve("c"), "x");
    scratch.close();
    assertFalse(Files.exists(scratch.folder()));
  }

  @Test
  void whatIsToldToEndLeavesNothingBehind() throws Exception {
    Process bench =
        new ProcessBuilder(
                ProcessHandle.current().info().command().orElseThrow(),
                "-cp",
                System.getProperty("java.class.path"),
                Interrupted.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader said =
        new BufferedReader(new InputStreamReader(bench.getInputStream(), StandardCharsets.UTF_8))) {
      Path folder = Path.of(said.readLine());
      long child = Long.parseLong(said.readLine());
      assertTrue(Files.isDirectory(folder));
      bench.toHandle().destroy();
      assertEquals("ended", said.readLine());
      bench.waitFor();
      assertFalse(Files.exists(folder));
      Optional<ProcessHandle> left = ProcessHandle.of(child).filter(ProcessHandle::isAlive);
      assertTrue(left.isEmpty(), () -> "process " + child + " still runs");
    } finally {
      bench.destroyForcibly();
    }
  }

  /** A bench in the midst of a launch. */
  static final class Interrupted {
    private Interrupted() {}

    public static void main(String[] arguments) throws Exception {
      try (Scratch scratch = new Scratch(() -> System.out.println("ended"))) {
        System.out.println(scratch.folder());
        Process launch =
            new ProcessBuilder(
                    ProcessHandle.current().info().command().orElseThrow(),
                    "-cp",
                    System.getProperty("java.class.path"),
                    Sleeping.class.getName(),
                    scratch.folder().toString())
                .start();
        launch.getInputStream().read();
        System.out.println(launch.pid());
        launch.waitFor();
        scratch.isEnding();
      }
    }
  }

  /** A launch that leaves a file where it was told to. */
  static final class Sleeping {
    private Sleeping() {}

    public static void main(String[] arguments) throws Exception {
      Files.writeString(Path.of(arguments[0]).resolve("left"), "x");
      System.out.println("up");
      Thread.sleep(60_000);
    }
  }
}
