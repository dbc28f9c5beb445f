package io.attune.bench.jmh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * How much of the processors others took meanwhile, other machines on the same hardware among them,
 * as Linux tells it. Wall times on several threads say little then: a library that spins until its
 * interrupted thread comes back can take a thousand times as long.
 *
 * @param busy ticks of all processors in which they worked, or were not given to us
 * @param total ticks of all processors
 * @param own ticks of this process and of those that it started and that have ended
 * @param processors how many there are
 */
record OtherWork(long busy, long total, long own, int processors) {
  /** Where the system does not tell. */
  static final double UNKNOWN = Double.NaN;

  /** Cores of others that still count as quiet. */
  static final double QUIET = 0.15;

  private static final OtherWork UNTOLD = new OtherWork(0, 0, 0, 0);

  /** Counters since the machine's start. */
  static OtherWork untilNow() {
    try {
      return of(
          Files.readAllLines(Path.of("/proc/stat")), Files.readString(Path.of("/proc/self/stat")));
    } catch (IOException e) {
      return UNTOLD;
    }
  }

  static OtherWork of(List<String> system, String process) {
    long busy = 0;
    long total = 0;
    int processors = 0;
    for (String line : system) {
      String[] words = line.split("\\s+");
      if (words[0].matches("cpu\\d+") && words.length > 8) {
        processors++;
        for (int i = 1; i <= 8; i++) {
          long ticks = Long.parseLong(words[i]);
          total += ticks;
          // Idle, and idle until a disk answers.
          busy += i == 4 || i == 5 ? 0 : ticks;
        }
      }
    }
    // The second word is the program's name, in which anything may stand. utime, stime, and the
    // same of children are the words 14 to 17.
    String[] words = process.substring(process.lastIndexOf(')') + 2).split("\\s+");
    long own = 0;
    for (int i = 11; i <= 14; i++) {
      own += Long.parseLong(words[i]);
    }
    return processors == 0 ? UNTOLD : new OtherWork(busy, total, own, processors);
  }

  /** Cores that others took on average since {@code earlier}; {@link #UNKNOWN} if nobody tells. */
  double coresSince(OtherWork earlier) {
    long ticks = total - earlier.total;
    if (processors == 0 || earlier.processors == 0 || ticks <= 0) {
      return UNKNOWN;
    }
    double others = (busy - earlier.busy) - (own - earlier.own);
    return Math.max(0, others * processors / ticks);
  }
}
