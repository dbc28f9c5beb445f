package io.attune.device.cuda;

/** What to do about the driver's statuses that a person can do something about. */
final class DriverStatus {
  static final int SUCCESS = 0;
  static final int OUT_OF_MEMORY = 2;
  static final int INVALID_CONTEXT = 201;
  static final int NOT_READY = 600;
  static final int LAUNCH_FAILED = 719;

  private static final String AFTER_A_FAULT =
      "; the context is lost: start again, --resume goes on from the last checkpoint on any device;"
          + " if it happens again, run under NVIDIA's compute-sanitizer and report what it says";

  private DriverStatus() {}

  /**
   * Whether the status is that of a kernel which failed while it ran: it shows in whatever call
   * comes next, and the context serves no more.
   */
  static boolean isFault(int status) {
    return switch (status) {
      case 214, 219, 220, 700, 702, 710, 714, 715, 716, 717, 718, 719, 999 -> true;
      default -> false;
    };
  }

  /** What would help, after a semicolon; empty where nothing is known to. */
  static String remedy(int status) {
    return switch (status) {
      case OUT_OF_MEMORY -> "; a smaller --batch or recomputation needs less memory";
      case 3, 100, 101 -> "; nvidia-smi shows which devices the driver has";
      case 200, 201 -> "; the device's context is gone or belongs to another thread";
      case 209 ->
          "; the kernels were not built for this card: it needs compute capability 8.0 or later, or"
              + " a build with -Pall-gpus";
      case 218, 222 ->
          "; the driver is too old for the kernels in this build: install 580 or later, or build"
              + " with the CUDA toolkit that belongs to the driver";
      case 701 -> "; the kernel needs more registers or shared memory than the card has";
      case 802, 803, 804 ->
          "; driver and CUDA libraries do not fit each other: install 580 or later";
      default -> isFault(status) ? AFTER_A_FAULT : "";
    };
  }
}
