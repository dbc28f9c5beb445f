package io.attune.device.cuda.smoke;

import io.attune.device.cuda.Blas;
import io.attune.device.cuda.CudaDriver;
import io.attune.device.cuda.DeviceAttribute;
import io.attune.device.cuda.JCudaDriver;
import java.io.PrintStream;
import java.nio.file.Path;

/**
 * Proves on any GPU at hand that the chain holds: the driver and cuBLAS are found, a kernel out of
 * the jar's fatbin and matrix products agree with the CPU, and the card's rates are measured.
 */
public final class Smoke {
  private static final int DEVICE = 0;

  private Smoke() {}

  /**
   * @param folder where {@code smoke.json} is written, again after every result
   * @param out what people read: results as they come, a table last
   * @return whether every check passed
   * @throws io.attune.InputException where this machine lacks the driver, a device, cuBLAS or the
   *     kernels' machine code: one line that says which
   * @throws io.attune.device.cuda.CudaException where CUDA itself fails
   */
  public static boolean run(Path folder, PrintStream out) {
    try (CudaDriver driver = JCudaDriver.open()) {
      SmokeReport report = new SmokeReport(folder, out);
      describe(driver, report);
      try (Session session = new Session(driver, DEVICE)) {
        try (KernelCheck kernel = new KernelCheck(session)) {
          kernel.run(report);
          kernel.measure(report);
        }
        Rates rates = new Rates(session);
        rates.copy(report);
        try (Blas blas = Blas.open(driver)) {
          report.fact("cublas", blas.description());
          blas.setStream(session.stream);
          new ProductCheck(session, blas).run(report);
          rates.product(report, blas);
          report.complete();
        }
      } finally {
        report.printTable();
      }
      return report.ok();
    }
  }

  private static void describe(CudaDriver driver, SmokeReport report) {
    report.fact("driver", version(driver.version()));
    report.fact("device", driver.deviceName(DEVICE));
    report.fact("devices", driver.deviceCount());
    report.fact(
        "compute capability",
        driver.attribute(DEVICE, DeviceAttribute.COMPUTE_CAPABILITY_MAJOR)
            + "."
            + driver.attribute(DEVICE, DeviceAttribute.COMPUTE_CAPABILITY_MINOR));
    report.fact("multiprocessors", driver.attribute(DEVICE, DeviceAttribute.MULTIPROCESSOR_COUNT));
    report.fact("L2 bytes", driver.attribute(DEVICE, DeviceAttribute.L2_CACHE_BYTES));
    report.fact("memory bytes", driver.totalMemory(DEVICE));
  }

  /** 13000 as 13.0. */
  private static String version(int number) {
    return number / 1000 + "." + number % 1000 / 10;
  }
}
