package io.attune.cli;

import io.attune.InputException;
import io.attune.device.cuda.CudaException;
import io.attune.device.cuda.smoke.Smoke;
import java.nio.file.Path;

/**
 * The GPU smoke test as a program of its own: what {@code bench/gpu/run smoke} starts on a machine
 * that has nothing but a driver and cuBLAS.
 *
 * <p>Usage: {@code GpuSmoke [FOLDER]}; {@code FOLDER/smoke.json} is written as results come (the
 * environment's OUT, or the working folder, where none is given). Exit status 0 when every check
 * passes, 1 when one fails, 2 where this machine cannot run it.
 */
public final class GpuSmoke {
  private GpuSmoke() {}

  public static void main(String[] args) {
    String out = System.getenv().getOrDefault("OUT", ".");
    int status;
    try {
      status = Smoke.run(Path.of(args.length > 0 ? args[0] : out), System.out) ? 0 : 1;
    } catch (InputException e) {
      System.err.println("cuda: " + e.getMessage());
      status = 2;
    } catch (CudaException e) {
      System.err.println("cuda: " + e.getMessage());
      status = 1;
    }
    System.exit(status);
  }
}
