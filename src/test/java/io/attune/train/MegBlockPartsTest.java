package io.attune.train;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;

class MegBlockPartsTest {
  @Test
  void spreadsAreOverImagesAndMeansOverPrompts() {
    float[] features = {1, 10, 3, 10, 5, 10, /* block 2 */ 0, 7, 0, 8, 0, 9};
    assertArrayEquals(new double[] {1, 0.5}, MegBlockParts.spreads(features, 3, 2), 1e-12);
  }

  @Test
  void aBlockThatDiffersLittleHasLittleToSay() {
    MegLayerWeights weights =
        new MegLayerWeights(new double[] {0, 20}, new double[][] {{0.5, 0.5, 0}, {0.9, 0, 0.1}});
    MegBlockParts parts = MegBlockParts.of(weights, new double[] {1, 3, 9});
    assertArrayEquals(new double[] {0.25, 0.75, 0}, parts.parts()[0], 1e-12);
    assertArrayEquals(new double[] {0.5, 0, 0.5}, parts.parts()[1], 1e-12);
    assertArrayEquals(new double[] {0.75, 1}, parts.depths(), 1e-12);
    assertArrayEquals(new double[] {0.5, 0.2}, weights.centers(), 1e-12);
  }
}
