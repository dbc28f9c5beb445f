package io.attune.train;

/**
 * One row of {@code metrics.csv}.
 *
 * @param epoch from 1
 * @param trainLoss mean over the epoch's images, each before its batch's update
 * @param validationLoss mean over the validation images after the epoch
 * @param spearman alignment after the epoch; NaN where it is not defined
 * @param imagesPerSecond images trained on, over the time of the training steps
 */
public record EpochMetrics(
    int epoch, double trainLoss, double validationLoss, double spearman, double imagesPerSecond) {}
