package io.attune.format;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.attune.InputException;

/**
 * Any bytes either open and can be read whole, or end in an {@link InputException}. The build runs
 * the kept inputs; {@code JAZZER_FUZZ=1 mvn test -Dtest=NpyFuzzTest} looks for new ones for the
 * stated time and leaves what fails beside them.
 */
class NpyFuzzTest {
  @FuzzTest(maxDuration = "2m")
  void opensOrRefuses(byte[] bytes) {
    try (Npy file = Npy.of("fuzz", bytes)) {
      if (file.dtype().isFloating()) {
        file.readFloats();
        file.readDoubles();
      } else {
        file.readLongs();
      }
    } catch (InputException e) {
      SafetensorsFuzzTest.requireOneLine(e);
    }
  }
}
