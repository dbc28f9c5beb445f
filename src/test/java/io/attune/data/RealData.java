package io.attune.data;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/** The published files, where a machine has them. */
public final class RealData {
  private RealData() {}

  /**
   * A folder of the published files, from the system property {@code attune.data} or beside the
   * project; the test that asks is skipped, with the reason printed, where there is none.
   */
  public static Path folder(String name) {
    Path folder = Path.of(System.getProperty("attune.data", "../shared/data")).resolve(name);
    if (!Files.isDirectory(folder)) {
      String reason = "skipped: no published files at " + folder;
      System.out.println(reason);
      Assumptions.abort(reason);
    }
    return folder;
  }
}
