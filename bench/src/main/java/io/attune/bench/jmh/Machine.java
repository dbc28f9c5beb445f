package io.attune.bench.jmh;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.Locale;

/**
 * Where a run took place.
 *
 * @param processor its name, as the system tells it
 * @param cores that this process may use
 * @param java version and vendor
 * @param system its name and version
 * @param date of the run
 * @param load average of the last minute as the run began; negative if unknown
 */
public record Machine(
    String processor, int cores, String java, String system, LocalDate date, double load) {
  static Machine here() {
    return new Machine(
        processorName(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("java.version") + " " + System.getProperty("java.vendor"),
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        LocalDate.now(),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  /** {@code 2026-11-22-amd-epyc-2-cores}. */
  String fileName() {
    String name = processor.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]+", "-");
    return "%s-%s-%d-cores".formatted(date, name.replaceAll("^-|-$", ""), cores);
  }

  private static String processorName() {
    try (var lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException e) {
      return System.getProperty("os.arch");
    }
  }
}
