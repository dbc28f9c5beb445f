package io.attune.bench.jmh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How much of this process has been in memory at most, as Linux tells it. */
final class ResidentMemory {
  /** Where the system does not tell. */
  static final long UNKNOWN = 0;

  private static final Path STATUS = Path.of("/proc/self/status");
  private static final String PEAK = "VmHWM:";

  private ResidentMemory() {}

  /** Bytes since the process began, or {@link #UNKNOWN}. */
  static long peakBytes() {
    try {
      return peakBytes(Files.readAllLines(STATUS));
    } catch (IOException e) {
      return UNKNOWN;
    }
  }

  static long peakBytes(List<String> status) {
    return status.stream()
        .filter(line -> line.startsWith(PEAK))
        .map(line -> line.substring(PEAK.length()).strip().split("\\s+"))
        .filter(words -> words.length == 2 && words[1].equals("kB"))
        .mapToLong(words -> 1024 * Long.parseLong(words[0]))
        .findFirst()
        .orElse(UNKNOWN);
  }
}
