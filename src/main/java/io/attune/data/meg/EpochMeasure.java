package io.attune.data.meg;

import io.attune.rsa.Shrinkage;
import io.attune.rsa.TrialRdm;
import io.attune.rsa.Trials;

/** How far two conditions lie apart in the trials of one time. */
public enum EpochMeasure {
  LDA("pairwise decoding accuracy by LDA, 0..1, leaving one session out", true) {
    @Override
    double[] of(TrialRdm rdm, Shrinkage shrinkage) {
      return rdm.lda(shrinkage);
    }

    @Override
    double cost(Trials trials, int channels) {
      double n = trials.conditions();
      double pair = 2.0 * trials.count() / n;
      double train = pair * (trials.sessionCount() - 1) / trials.sessionCount();
      double fit = train * train * train / 6 + 5 * train * train;
      return dots(trials.count(), channels) + n * (n - 1) / 2 * trials.sessionCount() * fit;
    }

    @Override
    void require(Trials trials) {
      trials.requireTwoSessions();
    }
  },
  CORRELATION("1 - Pearson's r of the conditions' mean patterns, 0..2", false) {
    @Override
    double[] of(TrialRdm rdm, Shrinkage shrinkage) {
      return rdm.correlation();
    }

    @Override
    double cost(Trials trials, int channels) {
      return dots(trials.conditions(), channels);
    }
  },
  EUCLIDEAN("Euclidean distance of the conditions' mean patterns, with its root", false) {
    @Override
    double[] of(TrialRdm rdm, Shrinkage shrinkage) {
      return rdm.euclidean();
    }

    @Override
    double cost(Trials trials, int channels) {
      return dots(trials.conditions(), channels);
    }
  },
  CROSSNOBIS(
      "cross-validated, noise-normalised squared distance over the number of channels; no root is"
          + " taken, values below 0 stay",
      true) {
    @Override
    double[] of(TrialRdm rdm, Shrinkage shrinkage) {
      return rdm.crossnobis(shrinkage);
    }

    @Override
    double cost(Trials trials, int channels) {
      double n = trials.conditions();
      return (double) trials.count() * channels * channels
          + trials.sessionCount() * n * channels * (n + channels);
    }

    @Override
    void require(Trials trials) {
      trials.requireAllSessions();
    }
  };

  private final String description;
  private final boolean usesSessions;

  EpochMeasure(String description, boolean usesSessions) {
    this.description = description;
    this.usesSessions = usesSessions;
  }

  /** What the numbers are, in words. */
  public String description() {
    return description;
  }

  /** Whether trials need a session, and covariances a shrinkage. */
  public boolean usesSessions() {
    return usesSessions;
  }

  /** The upper triangle, row by row. */
  abstract double[] of(TrialRdm rdm, Shrinkage shrinkage);

  /** Multiplications and additions, in pairs, for one time. */
  abstract double cost(Trials trials, int channels);

  /** Asserts that the trials allow it. */
  void require(Trials trials) {}

  private static double dots(double rows, double channels) {
    return rows * rows / 2 * channels;
  }
}
