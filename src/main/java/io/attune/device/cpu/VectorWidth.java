package io.attune.device.cpu;

import io.attune.InputException;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * How wide this JVM computes, decided once: the widest vectors the processor has (at most 512
 * bits), or what the system property {@code attune.vector} asks for: 512, 256, 128 or scalar.
 * Without the module {@code jdk.incubator.vector} it computes with scalars.
 */
final class VectorWidth {
  /** 512, 256, 128; 0 for scalar code. */
  static final int BITS = choose(System.getProperty("attune.vector", ""));

  /** Floats in a vector; 1 for scalar code. */
  static final int LANES = Math.max(1, BITS / 32);

  /** The shape of all float vectors of this JVM; null for scalar code. */
  static final VectorSpecies<Float> SPECIES = species();

  private VectorWidth() {}

  /** For a device's description. */
  static String describe() {
    if (BITS > 0) {
      return BITS + "-bit vectors";
    }
    return modulePresent()
        ? "scalar code"
        : "scalar code (slow: start java with --add-modules jdk.incubator.vector)";
  }

  private static int choose(String asked) {
    return switch (asked) {
      case "" -> modulePresent() ? preferredBits() : 0;
      case "512", "256", "128" -> {
        if (!modulePresent()) {
          throw new InputException(
              "attune.vector=%s needs java to be started with --add-modules jdk.incubator.vector"
                  .formatted(asked));
        }
        yield Integer.parseInt(asked);
      }
      case "scalar" -> 0;
      default ->
          throw new InputException(
              "attune.vector=%s is unknown: expected 512, 256, 128 or scalar".formatted(asked));
    };
  }

  private static boolean modulePresent() {
    return ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent();
  }

  private static int preferredBits() {
    int bits = FloatVector.SPECIES_PREFERRED.vectorBitSize();
    return bits >= 512 ? 512 : bits >= 256 ? 256 : bits >= 128 ? 128 : 0;
  }

  private static VectorSpecies<Float> species() {
    return switch (BITS) {
      case 512 -> FloatVector.SPECIES_512;
      case 256 -> FloatVector.SPECIES_256;
      case 128 -> FloatVector.SPECIES_128;
      default -> null;
    };
  }
}
