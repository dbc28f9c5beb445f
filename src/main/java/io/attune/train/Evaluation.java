package io.attune.train;

/**
 * How good a model is.
 *
 * @param validationLoss mean over the validation images
 * @param spearman alignment with human judgements; NaN where it is not defined
 */
public record Evaluation(double validationLoss, double spearman) {}
