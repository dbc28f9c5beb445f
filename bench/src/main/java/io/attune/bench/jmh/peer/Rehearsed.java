package io.attune.bench.jmh.peer;

import io.attune.bench.jmh.Contestant;

/**
 * A contestant whose work draws random numbers, each provider its own: the first run, after which
 * outputs are held against each other, is one with given numbers.
 */
public final class Rehearsed implements Contestant {
  private final Contestant given;
  private final Contestant drawn;
  private boolean rehearsed;

  /**
   * Both on the same memory, which closing {@code drawn} frees.
   *
   * @param given does the work with given numbers
   * @param drawn draws them too
   */
  public Rehearsed(Contestant given, Contestant drawn) {
    this.given = given;
    this.drawn = drawn;
  }

  @Override
  public void run() throws Exception {
    (rehearsed ? drawn : given).run();
    rehearsed = true;
  }

  @Override
  public float[][] outputs() throws Exception {
    return given.outputs();
  }

  @Override
  public void close() {
    drawn.close();
  }
}
