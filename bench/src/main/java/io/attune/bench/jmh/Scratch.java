package io.attune.bench.jmh;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;

/**
 * The temporary files of all launches in one folder, and an end without leftovers: when the bench
 * is told to end, its processes end too and the folder goes with them.
 */
final class Scratch implements AutoCloseable {
  private static final long PATIENCE_SECONDS = 5;
  private static final long GRACE_MILLISECONDS = 500;

  private final Path folder;
  private final Thread hook;
  private final CountDownLatch ending = new CountDownLatch(1);

  /**
   * @param ended called when the bench was told to end, once all its processes have
   */
  Scratch(Runnable ended) {
    try {
      folder = Files.createTempDirectory("attune-bench");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    hook =
        new Thread(
            () -> {
              ending.countDown();
              endProcesses();
              delete();
              ended.run();
            },
            "attune-bench-end");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  Path folder() {
    return folder;
  }

  /**
   * Whether the bench was told to end. Ctrl-C reaches launches too, so a launch that failed by it
   * may be heard of first: waits a little.
   */
  boolean isEnding() {
    try {
      return ending.await(GRACE_MILLISECONDS, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return true;
    }
  }

  /** Those that launches have started among them: listed first, as orphans are nobody's. */
  private static void endProcesses() {
    List<ProcessHandle> all = ProcessHandle.current().descendants().toList();
    all.forEach(ProcessHandle::destroy);
    for (ProcessHandle process : all) {
      try {
        process.onExit().get(PATIENCE_SECONDS, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        process.destroyForcibly();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } catch (ExecutionException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  private void delete() {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException e) {
      System.err.println("attune: left behind: " + folder + " (" + e.getMessage() + ")");
    }
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // Told to end meanwhile: the hook does the rest.
      return;
    }
    delete();
  }
}
