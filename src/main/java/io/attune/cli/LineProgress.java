package io.attune.cli;

import io.attune.Progress;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;

/**
 * Progress for a log file: a line at the end of each piece of work, and before that one every half
 * minute.
 */
final class LineProgress implements Progress {
  private static final long INTERVAL_NANOS = Duration.ofSeconds(30).toNanos();

  private final PrintStream err;

  LineProgress(PrintStream err) {
    this.err = err;
  }

  @Override
  public Task start(String what, String unit, long total) {
    long start = System.nanoTime();
    return new Task() {
      private long done;
      private long lastLine = start;
      private String note = "";
      private boolean closed;

      @Override
      public synchronized void advance(long units) {
        done += units;
        long now = System.nanoTime();
        if (now - lastLine >= INTERVAL_NANOS) {
          lastLine = now;
          print(now);
        }
      }

      @Override
      public synchronized void note(String text) {
        note = text;
      }

      @Override
      public synchronized void close() {
        if (!closed) {
          closed = true;
          print(System.nanoTime());
        }
      }

      private void print(long now) {
        err.println(line(what, unit, done, total, (now - start) / 1e9, note));
      }
    };
  }

  @Override
  public void message(String line) {
    err.println(line);
  }

  /** Such as {@code embedding: 40 of 100 images (12.30 images/s), a note}. */
  static String line(String what, String unit, long done, long total, double seconds, String note) {
    String count = total < 0 || total == done ? "" + done : done + " of " + total;
    String rate =
        seconds > 0 && done > 0
            ? String.format(Locale.ROOT, " (%.4g %s/s)", done / seconds, unit)
            : "";
    return what + ": " + count + " " + unit + rate + (note.isEmpty() ? "" : ", " + note);
  }
}
