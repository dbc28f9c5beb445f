package io.attune.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.attune.InputException;

/**
 * Settings of contrastive pre-training, as a run's config.json keeps them.
 *
 * @param architecture name of the sizes
 * @param data folder with captions.tsv
 * @param epochs passes over the training pairs
 * @param batch pairs of a step
 * @param learningRate peak of the schedule
 * @param warmup share of all steps over which the rate rises
 * @param weightDecay on weight matrices; gains, biases and the logit scale have none
 * @param validation share of the pairs that is held back
 * @param vocabulary tokens of the vocabulary that is trained on the captions, at most
 * @param seed of weights, split and order
 */
public record PretrainSettings(
    @JsonProperty("architecture") String architecture,
    @JsonProperty("data") String data,
    @JsonProperty("epochs") int epochs,
    @JsonProperty("batch") int batch,
    @JsonProperty("learning_rate") double learningRate,
    @JsonProperty("warmup") double warmup,
    @JsonProperty("weight_decay") double weightDecay,
    @JsonProperty("validation") double validation,
    @JsonProperty("vocabulary") int vocabulary,
    @JsonProperty("seed") long seed) {
  public PretrainSettings {
    require(epochs >= 1, "epochs", "at least 1", epochs);
    require(batch >= 2, "batch", "at least 2", batch);
    require(learningRate > 0, "learning rate", "a positive number", learningRate);
    require(warmup >= 0 && warmup < 1, "warm-up", "a share from 0 to below 1", warmup);
    require(weightDecay >= 0, "weight decay", "0 or more", weightDecay);
    require(validation > 0 && validation < 1, "validation", "a share between 0 and 1", validation);
  }

  private static void require(boolean holds, String what, String expected, Object found) {
    if (!holds) {
      throw new InputException("%s: expected %s, found %s".formatted(what, expected, found));
    }
  }
}
