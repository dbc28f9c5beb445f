package io.attune.rsa;

/** How participants' RDMs become one. */
public enum Pooling {
  /** The mean of the dissimilarities as they are. */
  MEAN,
  /**
   * The mean on the scale of the measure, as rsatoolbox pools: average ranks for rank measures,
   * unit length for the others. For SPEARMAN, PEARSON and the cosines no RDM is more similar to all
   * participants than this, so that the upper bound is one.
   */
  MATCHED
}
