package io.attune.train;

import io.attune.device.Arena;
import io.attune.device.Device;
import io.attune.format.Safetensors;
import io.attune.hba.LayerMixing;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The layer weights of a MEG run's best checkpoint as they are used: averaged over their window and
 * normalised.
 *
 * @param timesMs of rows
 * @param weights [T][L], in the order of blocks; rows sum to 1
 */
public record MegLayerWeights(double[] timesMs, double[][] weights) {
  /**
   * Reads and normalises them.
   *
   * @throws io.attune.InputException if the folder holds no finished MEG run
   */
  public static MegLayerWeights of(Device device, Path run) {
    MegConfig config = MegConfig.read(run);
    int times = config.richness().length;
    try (Safetensors source = Safetensors.open(Checkpoints.best(run));
        Arena arena = Arena.on(device)) {
      float[] stored = source.read(LayerMixing.NAME);
      int layers = stored.length / times;
      source.require(LayerMixing.NAME, Shape.of(times, layers));
      Tensor raw = arena.allocate("layer_weights", times, layers);
      Tensor mixing = arena.allocate("mixing", times, layers);
      device.write(raw, stored, 0);
      device.reweighting().mixing(raw, config.window(), mixing);
      float[] used = device.toArray(mixing);
      double[][] weights = new double[times][layers];
      for (int t = 0; t < times; t++) {
        for (int j = 0; j < layers; j++) {
          weights[t][j] = used[t * layers + j];
        }
      }
      double[] ms =
          IntStream.range(0, times)
              .mapToDouble(t -> config.firstMs() + t * config.stepMs())
              .toArray();
      return new MegLayerWeights(ms, weights);
    }
  }

  /**
   * The centre of the weights over blocks at each time: 0 where the first block has all weight, L -
   * 1 where the last has.
   */
  public double[] centers() {
    double[] centers = new double[weights.length];
    for (int t = 0; t < centers.length; t++) {
      for (int j = 0; j < weights[t].length; j++) {
        centers[t] += j * weights[t][j];
      }
    }
    return centers;
  }

  /** Euclidean distance over time between two runs' weights of each layer, L values. */
  public double[] distances(MegLayerWeights other) {
    double[] distances = new double[weights[0].length];
    Arrays.setAll(
        distances,
        j ->
            Math.sqrt(
                IntStream.range(0, weights.length)
                    .mapToDouble(t -> Math.pow(weights[t][j] - other.weights[t][j], 2))
                    .sum()));
    return distances;
  }
}
