package io.attune.cli;

import io.attune.Progress;
import java.io.PrintStream;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.Locale;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Progress as bars with a rate and the time left, for a terminal. A bar vanishes when its work is
 * done; work that took a while leaves a line.
 */
final class BarProgress implements Progress {
  private static final double SECONDS_WORTH_A_LINE = 2;

  private final PrintStream err;
  private final int columns;

  BarProgress(PrintStream err, int columns) {
    this.err = err;
    this.columns = columns;
  }

  @Override
  public Task start(String what, String unit, long total) {
    ProgressBar bar =
        new ProgressBarBuilder()
            .setTaskName(what)
            .setInitialMax(total)
            .setUnit(" " + unit, 1)
            .setStyle(ProgressBarStyle.ASCII)
            .setUpdateIntervalMillis(200)
            .clearDisplayOnFinish()
            .setConsumer(new ConsoleProgressBarConsumer(err, columns - 1))
            .setMaxRenderedLength(columns - 1)
            .showSpeed(new DecimalFormat("#.#", DecimalFormatSymbols.getInstance(Locale.ROOT)))
            .build();
    long start = System.nanoTime();
    return new Task() {
      private String note = "";

      @Override
      public void advance(long units) {
        bar.stepBy(units);
      }

      @Override
      public void note(String text) {
        note = text;
        bar.setExtraMessage(" " + text);
      }

      @Override
      public void close() {
        long done = bar.getCurrent();
        bar.close();
        double seconds = (System.nanoTime() - start) / 1e9;
        if (seconds >= SECONDS_WORTH_A_LINE) {
          err.println(LineProgress.line(what, unit, done, total, seconds, note));
        }
      }
    };
  }

  @Override
  public void message(String line) {
    // The bar is redrawn below the line; the blanks clear what it had written on this one.
    err.println("\r" + line + " ".repeat(Math.max(0, columns - 1 - line.length())));
  }
}
