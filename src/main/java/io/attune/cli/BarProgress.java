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

/** Progress as bars with a rate and the time left, for a terminal. */
final class BarProgress implements Progress {
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
            .setConsumer(new ConsoleProgressBarConsumer(err, columns - 1))
            .setMaxRenderedLength(columns - 1)
            .showSpeed(new DecimalFormat("#.#", DecimalFormatSymbols.getInstance(Locale.ROOT)))
            .build();
    return new Task() {
      @Override
      public void advance(long units) {
        bar.stepBy(units);
      }

      @Override
      public void note(String text) {
        bar.setExtraMessage(" " + text);
      }

      @Override
      public void close() {
        bar.close();
      }
    };
  }

  @Override
  public void message(String line) {
    // The bar is redrawn below the line; the blanks clear what it had written on this one.
    err.println("\r" + line + " ".repeat(Math.max(0, columns - 1 - line.length())));
  }
}
