package io.attune.train;

import io.attune.Progress;

/** Progress of one of several runs: every line tells which. */
record NamedProgress(Progress all, String name) implements Progress {
  @Override
  public Task start(String what, String unit, long total) {
    return all.start(name + ": " + what, unit, total);
  }

  @Override
  public void message(String line) {
    all.message(name + ": " + line);
  }
}
