package io.attune.bench;

import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * How a stage is run.
 *
 * @param folder where results go
 * @param device as {@code --device} takes it
 * @param tiny sizes that the emulation serves
 * @param resume keep the rows that the results file holds and measure the others
 * @param only rows whose key this matches somewhere; null for all
 * @param deadline when to stop
 */
public record BenchSettings(
    Path folder, String device, boolean tiny, boolean resume, Pattern only, Deadline deadline) {
  boolean wants(String key) {
    return only == null || only.matcher(key).find();
  }
}
