package io.attune.cli;

import io.attune.Progress;
import java.io.PrintStream;

/**
 * Where a command speaks.
 *
 * @param out results, and nothing else
 * @param err everything for the person who waits
 * @param columns width of the terminal behind {@code err}, 0 where it is none
 */
record Console(PrintStream out, PrintStream err, int columns) {
  /** The process's own streams; the launcher measured the terminal. */
  static Console ofProcess() {
    return new Console(System.out, System.err, Integer.getInteger("attune.columns", 0));
  }

  /** Bars on a terminal, now and then a line elsewhere. */
  Progress progress() {
    return columns > 0 ? new BarProgress(err, columns) : new LineProgress(err);
  }
}
