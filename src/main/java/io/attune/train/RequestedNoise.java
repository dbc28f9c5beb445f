package io.attune.train;

import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.hba.RandomStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Standard normal draws for outputs at which noise is asked for: those of an image at a time depend
 * on the seed, the image's file name without folder and ending, and the time, and on nothing else
 * (spec/clip-hba.md section 6).
 *
 * @param seed as given
 * @param names of the images
 * @param timesMs T
 * @param prompts K
 */
record RequestedNoise(long seed, List<String> names, double[] timesMs, int prompts) {
  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;

  /** Of images in files. */
  static RequestedNoise of(long seed, List<Path> files, double[] timesMs, int prompts) {
    return new RequestedNoise(
        seed, files.stream().map(RequestedNoise::name).toList(), timesMs, prompts);
  }

  private static String name(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot < 1 ? name : name.substring(0, dot);
  }

  /**
   * Draws for some of the images.
   *
   * @param images B of them, counted from 0
   * @param into takes [T, B, K]
   */
  void draw(int[] images, float[] into) {
    long[] keys = IntStream.of(images).mapToLong(i -> seed ^ hash(names.get(i))).toArray();
    IntStream.range(0, timesMs.length)
        .parallel()
        .forEach(
            t -> {
              int microseconds = Math.toIntExact(Math.round(timesMs[t] * 1000));
              for (int b = 0; b < keys.length; b++) {
                PhiloxKey key = RandomStream.MEG_REQUESTED_NOISE.key(keys[b], microseconds);
                for (int k = 0; k < prompts; k++) {
                  into[(t * keys.length + b) * prompts + k] = (float) Philox.normal(key, k);
                }
              }
            });
  }

  /** FNV-1a of 64 bits. */
  private static long hash(String name) {
    long hash = FNV_OFFSET;
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * FNV_PRIME;
    }
    return hash;
  }
}
