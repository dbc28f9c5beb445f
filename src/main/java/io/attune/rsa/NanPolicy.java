package io.attune.rsa;

/** What becomes of a NaN dissimilarity; every place that could meet one asks for this. */
public enum NanPolicy {
  /** A NaN is an error that names the first place. */
  ERROR,
  /** Pairs with a NaN on either side are left out. */
  DROP,
  /** A NaN counts as 0. */
  ZERO
}
