package io.attune.rsa;

/**
 * How alike two RDMs are.
 *
 * @param value on -1..1; NaN where one side does not vary
 * @param pValue two-sided, of no association, from Student's t with pairs - 2 degrees of freedom;
 *     NaN where value is NaN, where there are fewer than 3 pairs, and for all but SPEARMAN and
 *     PEARSON. Pairs of one RDM share conditions and so are not independent: this is the customary
 *     figure, not an exact test
 * @param pairs how many pairs of conditions were compared
 */
public record Correlation(double value, double pValue, int pairs) {}
