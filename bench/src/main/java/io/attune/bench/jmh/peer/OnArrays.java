package io.attune.bench.jmh.peer;

import io.attune.bench.jmh.Contestant;

/** A contestant whose results are plain arrays, filled by its work. */
public record OnArrays(Runnable work, float[]... outputs) implements Contestant {
  @Override
  public void run() {
    work.run();
  }

  @Override
  public void close() {}
}
