package io.attune.format;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.attune.InputException;

/**
 * Any bytes either open and can be read whole, or end in an {@link InputException}. The build runs
 * the kept inputs; {@code JAZZER_FUZZ=1 mvn test -Dtest=SafetensorsFuzzTest} looks for new ones for
 * the stated time and leaves what fails beside them.
 */
class SafetensorsFuzzTest {
  @FuzzTest(maxDuration = "2m")
  void opensOrRefuses(byte[] bytes) {
    try (Safetensors file = Safetensors.of("fuzz", bytes)) {
      for (String name : file.names()) {
        TensorInfo info = file.info(name);
        if (info.dtype().isFloating()) {
          file.read(name);
          file.readDoubles(name);
        } else {
          file.readLongs(name);
        }
      }
    } catch (InputException e) {
      requireOneLine(e);
    }
  }

  static void requireOneLine(InputException e) {
    if (e.getMessage().lines().count() != 1 || e.getMessage().length() > 2000) {
      throw new AssertionError("not one clear line: " + e.getMessage());
    }
  }
}
