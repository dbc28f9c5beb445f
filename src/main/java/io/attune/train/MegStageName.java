package io.attune.train;

/** The two parts of training a MEG model. */
public enum MegStageName {
  /** Layer weights alone train, on cached features. */
  A,
  /** Layer weights and adapters train. */
  B
}
