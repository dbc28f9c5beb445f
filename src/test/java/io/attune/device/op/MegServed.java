package io.attune.device.op;

import java.util.function.Supplier;
import org.opentest4j.TestAbortedException;

/** The operations of the MEG head, on devices that have them. */
final class MegServed {
  private MegServed() {}

  /** Skips the trial where the device has no such kernels. */
  static <O> O orSkip(Supplier<O> family) {
    try {
      return family.get();
    } catch (UnsupportedOperationException e) {
      System.out.println("skipped: " + e.getMessage());
      throw new TestAbortedException(e.getMessage());
    }
  }
}
