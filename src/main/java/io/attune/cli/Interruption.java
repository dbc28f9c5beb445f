package io.attune.cli;

import io.attune.Progress;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;

/**
 * Ctrl-C as a wish: while open, a signal to end makes {@link #getAsBoolean} true, and Java waits
 * until it is closed before it exits, with status 130 for Ctrl-C.
 */
final class Interruption implements BooleanSupplier, AutoCloseable {
  /** Exit status of a command that Ctrl-C ended early. */
  static final int STATUS = 130;

  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread hook;
  private volatile boolean wished;

  Interruption(Progress progress) {
    hook = new Thread(() -> waitForEnd(progress), "attune-interruption");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  private void waitForEnd(Progress progress) {
    wished = true;
    progress.message("finishing this step and saving...");
    try {
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public boolean getAsBoolean() {
    return wished;
  }

  /** Says that the run was interrupted, and gives the command's exit status. */
  int told(Console console) {
    console.err().println("attune: interrupted and saved; the same command with --resume goes on");
    return STATUS;
  }

  @Override
  public void close() {
    closed.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // Java is shutting down: the hook is what closed.countDown() has just let go on.
    }
  }
}
