package io.attune.bench;

import io.attune.InputException;
import io.attune.clip.ClipModel;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.Precision;
import io.attune.device.cuda.CudaException;
import io.attune.hba.Verification;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/** Every committed PyTorch reference in f32, tf32 and bf16 on one device: {@code verify.json}. */
public final class ReferenceChecks {
  private static final String FORMAT = "attune-gpu-verify/1";

  private ReferenceChecks() {}

  /**
   * Verifies them all; one that fails stops no other.
   *
   * @param references folder of model folders, each with its reference files
   * @return whether all were verified
   */
  public static KernelBench.Outcome run(BenchSettings settings, Path references, PrintStream out) {
    Report report =
        new Report(settings.folder().resolve("verify.json"), FORMAT, settings.resume(), out);
    boolean passed = true;
    boolean broken = false;
    int count = 0;
    for (Precision precision : Precision.values()) {
      try (Device device = Devices.open(settings.device(), precision).device()) {
        report.fact("device " + label(precision), device.description());
        for (Path file : files(references)) {
          String key = label(precision) + "/" + references.relativize(file);
          if (report.has(key) || !settings.wants(key)) {
            continue;
          }
          if (settings.deadline().secondsLeft() < 0) {
            out.println("out of time: " + key + " and what follows");
            return KernelBench.Outcome.INCOMPLETE;
          }
          Map<String, Object> row = verify(device, file);
          report.row(key, row, "%-70s %s".formatted(key, row.get("summary")));
          passed &= Boolean.TRUE.equals(row.get("passes"));
          count++;
          broken = row.containsKey("broken") && !KernelBench.stillServes(device);
          if (broken) {
            return KernelBench.Outcome.BROKEN;
          }
        }
      } catch (CudaException e) {
        // A broken context cannot be closed either.
        if (!broken) {
          throw e;
        }
        return KernelBench.Outcome.BROKEN;
      }
    }
    out.printf("verify: %d references, %s%n", count, passed ? "PASS" : "FAIL");
    return passed ? KernelBench.Outcome.COMPLETE : KernelBench.Outcome.INCOMPLETE;
  }

  private static Map<String, Object> verify(Device device, Path file) {
    Map<String, Object> row = new LinkedHashMap<>();
    try (ClipModel model = ClipModel.open(file.getParent(), device)) {
      Verification.Outcome outcome =
          Verification.run(
              device, model.clip(), file, Verification.Tolerances.of(device.precision()));
      row.put("passes", outcome.passes());
      row.put("summary", outcome.summary());
      Map<String, Double> failing = new LinkedHashMap<>();
      outcome.rows().stream()
          .filter(tensor -> !tensor.passes())
          .forEach(tensor -> failing.put(tensor.name(), tensor.error()));
      row.put("failing", failing);
    } catch (RuntimeException e) {
      row.put("passes", false);
      row.put("summary", "FAILED: " + e.getMessage());
      if (e instanceof CudaException) {
        row.put("broken", true);
      }
    }
    return row;
  }

  private static List<Path> files(Path references) {
    try (Stream<Path> found = Files.walk(references)) {
      List<Path> files =
          found
              .filter(path -> path.getFileName().toString().startsWith("reference-"))
              .sorted()
              .toList();
      if (files.isEmpty()) {
        throw new InputException(references + ": holds no reference files");
      }
      return files;
    } catch (IOException e) {
      throw new InputException("%s: cannot be read: %s".formatted(references, e), e);
    }
  }

  private static String label(Precision precision) {
    return precision.name().toLowerCase(Locale.ROOT);
  }
}
