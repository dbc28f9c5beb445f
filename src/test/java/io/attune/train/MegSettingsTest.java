package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.hba.MegPreset;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Batches too small to compare RDMs in are refused or joined. */
class MegSettingsTest {
  private static MegSettings settings(MegPreset preset, int batch) {
    return new MegSettings(MegSettings.Scope.GROUP, preset, 2, 3, 3, 0, true, batch, 1, 0.01);
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1, 2})
  void batchesOfFewerThanThreeAreRefusedInEveryPreset(int batch) {
    for (MegPreset preset : List.of(MegPreset.PAPER, MegPreset.PAPER_V1, MegPreset.CORRECTED)) {
      InputException e = assertThrows(InputException.class, () -> settings(preset, batch));
      assertEquals(
          "batch: must be at least 3, since RDMs are compared; is " + batch, e.getMessage());
    }
    assertEquals(3, settings(MegPreset.PAPER, 3).batch());
  }

  @ParameterizedTest
  @ValueSource(ints = {7, 8, 9, 10, 11, 12})
  void noBatchIsLeftWithFewerThanThree(int images) {
    MegBatches batches = new MegBatches(images, images, 5, true, 4);
    for (int[][] cut : List.of(batches.trainingBatches(2), batches.validationBatches())) {
      assertEquals(images, Arrays.stream(cut).mapToInt(batch -> batch.length).sum());
      assertTrue(Arrays.stream(cut).allMatch(batch -> batch.length >= 3 && batch.length <= 7));
    }
  }

  @Test
  void fewerThanThreeImagesAreRefused() {
    MegData data = TinyMeg.data();
    for (int train : new int[] {2, data.images() - 2}) {
      InputException e =
          assertThrows(
              InputException.class,
              () ->
                  new MegData(
                      train,
                      data.names(),
                      data.courses(),
                      data.window(),
                      data.targets(),
                      data.prompts(),
                      data.textUnit(),
                      data.pixels()));
      assertTrue(e.getMessage().contains("at least 3 of each"), e.getMessage());
    }
    assertArrayEquals(new int[] {0, 1}, new MegBatches(2, 3, 5, false, 1).trainingBatches(1)[0]);
  }
}
