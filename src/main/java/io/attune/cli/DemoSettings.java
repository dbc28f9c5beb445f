package io.attune.cli;

import io.attune.clip.ClipConfig;
import io.attune.data.synthetic.SyntheticSettings;
import io.attune.hba.AdapterKind;
import io.attune.hba.BehaviorPreset;
import io.attune.hba.MegPreset;
import io.attune.train.BehaviorSettings;
import io.attune.train.CacheLimit;
import io.attune.train.MegSettings;
import io.attune.train.MegSettings.Scope;

/**
 * What the demo draws and how it trains.
 *
 * @param data objects and behaviour
 * @param meg the group's and the individuals' MEG
 * @param behavior stage 1
 * @param group stage 2
 * @param person stage 3
 */
record DemoSettings(
    SyntheticSettings data,
    io.attune.data.synthetic.MegSettings meg,
    BehaviorSettings behavior,
    MegSettings group,
    MegSettings person) {
  /**
   * The usual ones: a small model needs another block adapted in each tower and larger steps than
   * the paper's, and a demo has minutes, not hours.
   */
  static DemoSettings standard(ClipConfig model, long seed) {
    return new DemoSettings(
        new SyntheticSettings(5000, 64, 1, seed),
        new io.attune.data.synthetic.MegSettings(true, true, 8, 450, 236, 20, 600, 0.25),
        new BehaviorSettings(
            BehaviorPreset.CORRECTED,
            AdapterKind.DORA,
            Math.min(3, model.vision().blocks()),
            Math.min(2, model.text().blocks()),
            32,
            16,
            8,
            32,
            seed,
            8e-3,
            BehaviorSettings.PAPER.weightDecay(),
            CacheLimit.AUTO),
        new MegSettings(Scope.GROUP, preset(3e-2, 5e-4), 32, 70, 60, 15, true, 40, seed, 0.01),
        new MegSettings(Scope.INDIVIDUAL, preset(3e-2, 1e-3), 2, 40, 10, 10, true, 40, seed, 0.01));
  }

  private static MegPreset preset(double layers, double adapters) {
    return MegPreset.CORRECTED.withRates(new MegPreset.Rates(layers, layers, adapters));
  }
}
