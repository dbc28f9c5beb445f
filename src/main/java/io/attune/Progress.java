package io.attune;

/** Where long work reports itself; the command line draws bars, a library caller may ignore it. */
public interface Progress {
  /** Reports nowhere. */
  Progress NONE =
      new Progress() {
        @Override
        public Task start(String what, String unit, long total) {
          return new Task() {
            @Override
            public void advance(long units) {}

            @Override
            public void note(String text) {}

            @Override
            public void close() {}
          };
        }

        @Override
        public void message(String line) {}
      };

  /**
   * Announces a piece of work.
   *
   * @param unit what is counted, such as {@code images}
   * @param total how many there will be, or -1
   */
  Task start(String what, String unit, long total);

  /** One line for the person who waits, kept apart from a command's results. */
  void message(String line);

  /** A piece of work under way. */
  interface Task extends AutoCloseable {
    void advance(long units);

    /** A short remark beside the bar, such as a loss. */
    void note(String text);

    @Override
    void close();
  }
}
