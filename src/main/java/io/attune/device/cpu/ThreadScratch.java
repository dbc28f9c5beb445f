package io.attune.device.cpu;

/** Arrays of floats, one for each thread, that grow to the largest length asked for. */
final class ThreadScratch {
  private final float[][] arrays;

  ThreadScratch(CpuThreads threads) {
    arrays = new float[threads.count()][0];
  }

  /** Makes every thread's array at least this long; called before a round of tasks. */
  void require(int length) {
    if (arrays[0].length < length) {
      for (int thread = 0; thread < arrays.length; thread++) {
        arrays[thread] = new float[length];
      }
    }
  }

  float[] of(int thread) {
    return arrays[thread];
  }
}
