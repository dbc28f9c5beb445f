package io.attune.train;

import io.attune.hba.MegLossWeights;
import java.util.List;
import java.util.Locale;

/**
 * One row of a MEG run's {@code metrics.csv}. Validation values are plain means over the validation
 * batches.
 *
 * @param epoch from 1, over both stages
 * @param stage A or B
 * @param trainLoss mean over the epoch's images, each before its batch's update
 * @param validationLoss L
 * @param parts Lp, Lm and Lg in validation
 * @param imagesPerSecond images trained on, over the time of the training steps
 */
public record MegEpoch(
    int epoch,
    MegStageName stage,
    double trainLoss,
    double validationLoss,
    MegLossWeights parts,
    double imagesPerSecond) {
  /** First line of the file. */
  public static final String HEADER =
      "epoch,stage,validation_loss,validation_pearson,validation_mse,validation_generalization,"
          + "train_loss,images_per_second";

  /** The file's text; losses with every digit. */
  public static String format(List<MegEpoch> rows) {
    StringBuilder text = new StringBuilder(HEADER).append('\n');
    for (MegEpoch row : rows) {
      text.append(row.epoch)
          .append(',')
          .append(row.stage)
          .append(',')
          .append(row.validationLoss)
          .append(',')
          .append(row.parts.pearson())
          .append(',')
          .append(row.parts.meanSquaredError())
          .append(',')
          .append(row.parts.generalization())
          .append(',')
          .append(row.trainLoss)
          .append(',')
          .append(String.format(Locale.ROOT, "%.1f", row.imagesPerSecond))
          .append('\n');
    }
    return text.toString();
  }
}
