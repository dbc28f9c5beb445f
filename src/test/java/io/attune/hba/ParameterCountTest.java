package io.attune.hba;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.attune.clip.ClipArchitecture;
import io.attune.clip.ClipConfig;
import io.attune.device.Arena;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The counts of spec/clip-hba.md section 4 on a ViT-L/14, without allocating it. */
class ParameterCountTest {
  private static final ClipConfig LARGE = ClipArchitecture.VIT_L_14.config();

  private static long count(AdapterKind kind, int vision, int text, int rank) {
    List<AdapterSite> sites = AdapterSet.lastBlocks(LARGE, vision, text);
    AdapterSettings settings = AdapterSettings.of(kind, rank, BehaviorPreset.PAPER);
    return new AdapterSet(Arena.planning(), LARGE, settings, sites, true).trainableCount();
  }

  @Test
  void behaviourTrainsWhatThePaperSays() {
    assertEquals(183_040, count(AdapterKind.DORA, 2, 1, 32));
    assertEquals(183_040, count(AdapterKind.DORA_PEFT, 2, 1, 32));
    assertEquals(183_040 - 2 * 1024 - 768, count(AdapterKind.LORA, 2, 1, 32));
  }

  private static long meg(int times, int rank, MegPreset preset) {
    AdapterSettings settings =
        new AdapterSettings(AdapterKind.DORA, rank, 16, false, preset.startsAtBase());
    return MegParameters.allocate(
            Arena.planning(),
            LARGE,
            settings,
            new MegParameters.Mixing(times, 3),
            preset.magnitudeTrains())
        .trainableCount();
  }

  @Test
  void theMegModelsTrainWhatThePaperSays() {
    assertEquals(1_579_608, meg(281, 32, MegPreset.PAPER));
    assertEquals(1_579_608, meg(281, 32, MegPreset.CORRECTED));
    assertEquals(300_216, meg(221, 6, MegPreset.PAPER));
    // The settings behind the stored figures train m too.
    assertEquals(1_579_608 + 24 * 1024, meg(281, 32, MegPreset.PAPER_V1));
  }
}
