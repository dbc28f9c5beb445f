package io.attune.train;

import io.attune.clip.ClipConfig;
import io.attune.clip.ClipModel;
import io.attune.device.Device;
import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.device.op.Activation;
import io.attune.hba.AdapterKind;
import io.attune.hba.BehaviorPreset;
import io.attune.rsa.Dissimilarity;
import io.attune.rsa.Rdm;
import java.util.ArrayList;
import java.util.List;

/** A model and data small enough to train in a blink. */
final class TinyBehavior {
  static final int TRAIN = 11;
  static final int VALIDATION = 5;
  static final int HELD_OUT = 6;
  static final int PROMPTS = 7;
  static final int LENGTH = 6;

  private TinyBehavior() {}

  static ClipConfig config() {
    return new ClipConfig(
        new ClipConfig.Tower(24, 48, 4, 3, Activation.QUICK_GELU, 1e-5),
        16,
        8,
        3,
        new ClipConfig.Tower(16, 32, 3, 2, Activation.QUICK_GELU, 1e-5),
        40,
        8,
        39,
        12,
        2.3);
  }

  static ClipModel model(Device device) {
    return ClipModel.random(config(), device, 7);
  }

  static BehaviorSettings settings(int visionBlocks, int textBlocks, int epochs) {
    return settings(AdapterKind.DORA, visionBlocks, textBlocks, epochs);
  }

  static BehaviorSettings settings(AdapterKind kind, int visionBlocks, int textBlocks, int epochs) {
    return new BehaviorSettings(
        BehaviorPreset.PAPER,
        kind,
        visionBlocks,
        textBlocks,
        4,
        epochs,
        20,
        4,
        3,
        1e-2,
        0.01,
        CacheLimit.AUTO);
  }

  static BehaviorData data() {
    int images = TRAIN + VALIDATION + HELD_OUT;
    float[][] pixels = new float[images][3 * 16 * 16];
    for (int i = 0; i < images; i++) {
      Philox philox = new Philox(new PhiloxKey(5, 1, i));
      for (int p = 0; p < pixels[i].length; p++) {
        pixels[i][p] = (float) philox.nextNormal();
      }
    }
    Philox draws = new Philox(new PhiloxKey(5, 2, 0));
    float[] targets = new float[(TRAIN + VALIDATION) * PROMPTS];
    for (int i = 0; i < targets.length; i++) {
      targets[i] = 20 * draws.nextFloat();
    }
    int[] ids = new int[PROMPTS * LENGTH];
    for (int n = 0; n < PROMPTS; n++) {
      int length = 2 + n % (LENGTH - 1);
      for (int t = 0; t < length; t++) {
        ids[n * LENGTH + t] = t == length - 1 ? 39 : 1 + draws.nextInt(38);
      }
    }
    List<String> heldOut = new ArrayList<>();
    double[][] judged = new double[HELD_OUT][4];
    for (int i = 0; i < HELD_OUT; i++) {
      heldOut.add("object" + i);
      for (int k = 0; k < 4; k++) {
        judged[i][k] = draws.nextNormal();
      }
    }
    return new BehaviorData(
        TRAIN,
        VALIDATION,
        heldOut,
        targets,
        PROMPTS,
        ids,
        LENGTH,
        (index, into, offset) ->
            System.arraycopy(pixels[index], 0, into, offset, pixels[index].length),
        Rdm.ofFeatures(heldOut, judged, Dissimilarity.CORRELATION));
  }
}
