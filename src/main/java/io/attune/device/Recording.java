package io.attune.device;

/**
 * Work that is done again and again on the same tensors. A device that can records what the work
 * queues and replays it at once, which saves the host's part of every launch; others do the work
 * each time.
 */
public interface Recording extends AutoCloseable {
  /** Does the work once more, in order with everything else on the device. */
  void run();

  /** Forgets what was recorded, which is not run any more. */
  @Override
  void close();
}
