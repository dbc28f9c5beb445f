package io.attune.device.cuda;

import java.nio.file.Path;

/** Runs one of the probe's kernels in a JVM with a sanitizer, which stops it where that is due. */
final class SanitizedProbe {
  private SanitizedProbe() {}

  /** Arguments: the library, and {@code clean} or the name of a kernel that goes astray. */
  public static void main(String[] arguments) {
    try (Probe probe = Probe.open(Path.of(arguments[0]), 1)) {
      long out = probe.zeros(4 * 1024);
      long bits = probe.zeros(4 * 1024);
      switch (arguments[1]) {
        case "clean" -> {
          probe.launch("probe_neighbours", 4, 256, 0, out, 1);
          probe.launch("probe_product", 1, 32, 0, bits, bits, out);
          probe.launch("probe_loads", 1, 32, 0, bits, bits, out);
          probe.launch("probe_copies", 1, 32, 0, out, bits, 0);
          probe.launch("probe_poison", 3, 64, 128, out, 32);
          probe.launch("probe_shared_overrun", 2, 32, 0, 7);
          probe.launch("probe_stack_overrun", 2, 32, 0, out, 7);
          // Its threads stay behind in their stacks, which others then use.
          refused(probe, "probe_half_barrier");
          probe.launch("probe_neighbours", 4, 256, 0, out, 1);
        }
        case "probe_overrun" -> probe.launch("probe_overrun", 1, 1, 0, out, 1024);
        case "probe_shared_overrun" -> probe.launch("probe_shared_overrun", 1, 32, 0, 8);
        case "probe_stack_overrun" -> probe.launch("probe_stack_overrun", 1, 32, 0, out, 8);
        default -> throw new IllegalArgumentException(arguments[1]);
      }
    }
    System.out.println("finished");
  }

  private static void refused(Probe probe, String kernel) {
    try {
      probe.launch(kernel, 1, 128, 0);
    } catch (CudaException expected) {
      return;
    }
    throw new IllegalStateException(kernel + " was not refused");
  }
}
