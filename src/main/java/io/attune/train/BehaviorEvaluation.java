package io.attune.train;

import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.clip.ImagePreprocessor;
import io.attune.clip.Tokenizer;
import io.attune.data.Things;
import io.attune.hba.Prompts;
import io.attune.rsa.Comparison;
import io.attune.rsa.Correlation;
import io.attune.rsa.Dissimilarity;
import io.attune.rsa.NanPolicy;
import io.attune.rsa.Rdm;
import java.nio.file.Path;
import java.util.List;

/**
 * How well a model agrees with people about the held-out objects.
 *
 * @param measured dissimilarities that people gave
 * @param model dissimilarities of the model's predictions
 * @param predictions held-out objects x K, in the order of {@code measured}
 * @param correlation Spearman over the pairs of the two
 */
public record BehaviorEvaluation(
    Rdm measured, Rdm model, double[][] predictions, Correlation correlation) {
  /**
   * Evaluates a model, adapted or not, on the held-out objects of a THINGS folder.
   *
   * @param measure how predictions of two objects differ; the paper's is CORRELATION
   * @throws io.attune.InputException if the folder has no held-out objects
   */
  public static BehaviorEvaluation of(
      ClipModel model,
      Things things,
      Prompts prompts,
      Tokenizer tokenizer,
      ImagePreprocessor preprocessor,
      Dissimilarity measure,
      Progress progress) {
    List<String> names = things.heldOut();
    List<Path> files = things.images().references(names);
    double[][] predictions =
        BehaviorPredictions.of(model, files, prompts, tokenizer, preprocessor, progress);
    Rdm own = Rdm.ofFeatures(names, predictions, measure);
    Correlation correlation = Comparison.SPEARMAN.compare(things.measured(), own, NanPolicy.DROP);
    return new BehaviorEvaluation(things.measured(), own, predictions, correlation);
  }

  public double spearman() {
    return correlation.value();
  }

  /** Two-sided; see {@link Correlation}. */
  public double pValue() {
    return correlation.pValue();
  }

  public int pairs() {
    return correlation.pairs();
  }
}
