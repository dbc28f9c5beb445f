package io.attune.train;

import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.hba.MegPreset;
import io.attune.hba.TimeCourses;
import java.util.stream.IntStream;

/** MEG data small enough to train on in a blink, for {@link TinyBehavior}'s model. */
final class TinyMeg {
  static final int TRAIN = 17;
  static final int VALIDATION = 9;
  static final int PROMPTS = 7;
  static final int TIMES = 8;
  static final int WINDOW = 1;

  private TinyMeg() {}

  static MegSettings group(MegPreset preset, int epochs) {
    MegPreset quick =
        new MegPreset(
            preset.name(),
            preset.startsAtBase(),
            preset.noisyEvaluation(),
            preset.magnitudeTrains(),
            preset.patienceCarriesOver(),
            new MegPreset.Rates(0.05, 0.02, 3e-3));
    return new MegSettings(
        MegSettings.Scope.GROUP, quick, 3, epochs, 3, epochs / 2, true, 5, 11, 0.01);
  }

  static MegSettings individual(MegPreset preset, int epochs) {
    MegSettings group = group(preset, epochs);
    return new MegSettings(
        MegSettings.Scope.INDIVIDUAL,
        group.preset(),
        2,
        epochs,
        epochs,
        epochs / 2,
        true,
        6,
        11,
        0.01);
  }

  /** Two times before the stimulus are closed. */
  static TimeCourses courses() {
    float[] alpha = {0, 0, 0, 0.5f, 0.9f, 1, 0.8f, 0.6f};
    float[] beta = {0, 0, 0, 0.4f, 0.7f, 1, 0.9f, 0.5f};
    float[] nu = {1, 0.9f, 0.7f, 0.3f, 0.2f, 0, 0.1f, 0.2f};
    return new TimeCourses(alpha, beta, nu);
  }

  /** Dissimilarities that are not related to the images. */
  static MegData data() {
    float[] measured = new float[TIMES * (TRAIN + VALIDATION) * (TRAIN + VALIDATION)];
    Philox draws = new Philox(new PhiloxKey(6, 1, 0));
    for (int i = 0; i < measured.length; i++) {
      measured[i] = draws.nextFloat();
    }
    return data(measured);
  }

  /** Given dissimilarities [T, n, n] of which the upper triangles count. */
  static MegData data(float[] measured) {
    int n = TRAIN + VALIDATION;
    return new MegData(
        TRAIN,
        IntStream.range(0, n).mapToObj(i -> "image " + i).toList(),
        courses(),
        WINDOW,
        (images, into) -> {
          int at = 0;
          for (int t = 0; t < TIMES; t++) {
            for (int a = 0; a < images.length; a++) {
              for (int b = a + 1; b < images.length; b++) {
                int low = Math.min(images[a], images[b]);
                int high = Math.max(images[a], images[b]);
                into[at++] = measured[(t * n + low) * n + high];
              }
            }
          }
        },
        PROMPTS,
        textUnit(TinyBehavior.config().projection()),
        (index, into, offset) -> {
          Philox pixels = new Philox(new PhiloxKey(6, 2, index));
          for (int i = 0; i < 3 * 16 * 16; i++) {
            into[offset + i] = (float) pixels.nextNormal();
          }
        });
  }

  private static float[] textUnit(int width) {
    Philox draws = new Philox(new PhiloxKey(6, 3, 0));
    float[] unit = new float[PROMPTS * width];
    for (int k = 0; k < PROMPTS; k++) {
      double squares = 0;
      for (int i = 0; i < width; i++) {
        unit[k * width + i] = (float) draws.nextNormal();
        squares += unit[k * width + i] * unit[k * width + i];
      }
      for (int i = 0; i < width; i++) {
        unit[k * width + i] /= (float) Math.sqrt(squares);
      }
    }
    return unit;
  }
}
