package io.attune.device.cuda;

import io.attune.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * What this machine and this build have of CUDA. Each thing is looked for by itself, so that all
 * that is missing shows at once; nothing here throws, and no context is made on a card.
 */
public final class CudaSurvey {
  /** Older cards have no tensor cores for bf16, which the kernels are written for. */
  static final int LEAST_CAPABILITY = 80;

  private CudaSurvey() {}

  /**
   * One thing that was looked for.
   *
   * @param text what was found where; else why not, and what would help
   */
  public record Line(String name, boolean present, String text) {}

  /** The driver, each card, the kernels, the libraries. */
  public static List<Line> lines() {
    List<Line> lines = new ArrayList<>();
    Line driver = line("driver", CudaSurvey::driver);
    lines.add(driver);
    if (driver.present()) {
      addCards(lines);
    }
    lines.add(line("kernels", CudaSurvey::kernels));
    lines.add(line("cuBLAS", BlasProviders::survey));
    lines.add(line("cuDNN", CudaSurvey::dnn));
    lines.add(line("NVRTC", () -> KernelCompiler.open().description()));
    return lines;
  }

  private static Line line(String name, Supplier<String> found) {
    try {
      return new Line(name, true, found.get());
    } catch (InputException | CudaException | LinkageError missing) {
      String message = String.valueOf(missing.getMessage()).lines().findFirst().orElse("");
      return new Line(name, false, message);
    }
  }

  private static String driver() {
    DriverProbe.Found found;
    try {
      found = DriverProbe.find();
    } catch (CudaUnavailableException absent) {
      throw new CudaUnavailableException(
          absent.getMessage() + "; a GPU needs NVIDIA's driver, 580 or later for CUDA 13", absent);
    }
    return "%s serves CUDA %s, %d %s"
        .formatted(
            found.library(),
            version(found.version()),
            found.devices(),
            found.devices() == 1 ? "card" : "cards");
  }

  private static void addCards(List<Line> lines) {
    try (CudaDriver driver = JCudaDriver.open()) {
      for (int i = 0; i < driver.deviceCount(); i++) {
        int ordinal = i;
        lines.add(line("cuda:" + i, () -> card(driver, ordinal)));
      }
    } catch (InputException | CudaException | LinkageError missing) {
      lines.add(new Line("cards", false, missing.getMessage()));
    }
  }

  private static String card(CudaDriver driver, int ordinal) {
    int capability = capability(driver, ordinal);
    String text =
        "%s, %.1f GiB, compute capability %.1f, %d multiprocessors"
            .formatted(
                driver.deviceName(ordinal),
                driver.totalMemory(ordinal) / (double) (1L << 30),
                capability / 10.0,
                driver.attribute(ordinal, DeviceAttribute.MULTIPROCESSOR_COUNT));
    if (capability < LEAST_CAPABILITY) {
      throw new CudaUnavailableException(text + "; the kernels need 8.0 or later");
    }
    return text;
  }

  /** 90 for compute capability 9.0. */
  static int capability(CudaDriver driver, int ordinal) {
    return 10 * driver.attribute(ordinal, DeviceAttribute.COMPUTE_CAPABILITY_MAJOR)
        + driver.attribute(ordinal, DeviceAttribute.COMPUTE_CAPABILITY_MINOR);
  }

  private static String kernels() {
    try (InputStream targets = CudaSurvey.class.getResourceAsStream("kernels/targets")) {
      return targets == null
          ? "as sources, which NVRTC compiles at first use; a build with nvcc on the path packs"
              + " machine code"
          : "packed for " + new String(targets.readAllBytes(), StandardCharsets.UTF_8).strip();
    } catch (IOException e) {
      throw new CudaUnavailableException("this build's kernels cannot be read: " + e, e);
    }
  }

  private static String dnn() {
    CudaLibrary.Loaded library = CudaLibrary.CUDNN.load();
    return JCudnnDnn.versionText() + " at " + library.path();
  }

  /** 13000 as 13.0. */
  private static String version(int number) {
    return number / 1000 + "." + number % 1000 / 10;
  }
}
