package io.attune.report;

import io.attune.rsa.Rdm;
import java.util.List;
import java.util.OptionalDouble;

/**
 * What a behaviour stage has to tell; {@link BehaviorPage} turns it into a page. Lists may be
 * empty: their section is then left out.
 *
 * @param title of the page
 * @param summary one or two sentences below the title
 * @param facts what was run, in the order shown
 * @param scores figures of merit before and after, the most important first
 * @param human the measured RDM
 * @param before the untrained model's RDM over the same conditions, in any order
 * @param after the tuned model's
 * @param epochs the training curve
 * @param bestEpoch the epoch whose checkpoint was kept, 0 where the untrained model stayed best
 * @param dimensions how well each dimension is predicted on held-out concepts
 * @param galleries top images of some dimensions
 */
public record BehaviorReport(
    String title,
    String summary,
    List<Fact> facts,
    List<Score> scores,
    Rdm human,
    Rdm before,
    Rdm after,
    List<Epoch> epochs,
    int bestEpoch,
    List<DimensionFit> dimensions,
    List<Gallery> galleries) {

  /**
   * A figure of merit.
   *
   * @param explanation what it is measured on, one sentence
   * @param ceiling what a perfect model would reach, where it is known
   */
  public record Score(
      String name, String explanation, double before, double after, OptionalDouble ceiling) {}

  /** One row of the training curve; epoch 0 is the untrained model. NaN where not measured. */
  public record Epoch(int epoch, double trainLoss, double validationLoss, double spearman) {}

  /** Pearson's r over held-out concepts between a dimension's measured and predicted values. */
  public record DimensionFit(String name, double before, double after) {}

  /**
   * The images that score highest on a dimension.
   *
   * @param measured highest by people's embedding, best first
   * @param predicted highest by the tuned model
   */
  public record Gallery(String dimension, List<Example> measured, List<Example> predicted) {}

  /**
   * An image of a gallery.
   *
   * @param value its score on the dimension, in the units of whoever scored it
   * @param image PNG or JPEG bytes, best no larger than 128 pixels
   */
  public record Example(String name, double value, byte[] image) {}
}
