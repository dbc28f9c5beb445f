package io.attune.rsa;

import io.attune.InputException;
import java.util.List;

/**
 * Which trials show what, sorted by condition.
 *
 * @param names of the conditions, in the order of the rows of an RDM
 * @param starts [conditions + 1]; condition c has the trials {@code starts[c]} to before {@code
 *     starts[c + 1]}
 * @param sessions [trials], numbers from 0 without gaps
 * @param sessionCount how many sessions there are
 */
public record Trials(List<String> names, int[] starts, int[] sessions, int sessionCount) {
  public Trials {
    names = List.copyOf(names);
  }

  /** How many conditions. */
  public int conditions() {
    return names.size();
  }

  /** How many trials. */
  public int count() {
    return sessions.length;
  }

  /** Trials of the condition that has most of them. */
  public int most() {
    int most = 0;
    for (int c = 0; c < conditions(); c++) {
      most = Math.max(most, starts[c + 1] - starts[c]);
    }
    return most;
  }

  /**
   * Asserts that every condition is in two sessions, so that one may be left out.
   *
   * @throws InputException naming the first condition that is not
   */
  public void requireTwoSessions() {
    for (int c = 0; c < conditions(); c++) {
      boolean several = false;
      for (int t = starts[c] + 1; t < starts[c + 1]; t++) {
        several |= sessions[t] != sessions[starts[c]];
      }
      if (!several) {
        throw new InputException(
            "condition %s: its %d trials are of one session; leaving a session out needs trials in two or more"
                .formatted(names.get(c), starts[c + 1] - starts[c]));
      }
    }
  }

  /**
   * Asserts that every condition is in every session, and that there are two.
   *
   * @throws InputException naming the first condition that is not
   */
  public void requireAllSessions() {
    if (sessionCount < 2) {
      throw new InputException("crossnobis: expected trials of 2 sessions or more, found 1");
    }
    for (int c = 0; c < conditions(); c++) {
      boolean[] seen = new boolean[sessionCount];
      for (int t = starts[c]; t < starts[c + 1]; t++) {
        seen[sessions[t]] = true;
      }
      for (boolean is : seen) {
        if (!is) {
          throw new InputException(
              "condition %s: has no trial in one of the %d sessions; crossnobis needs every condition in every session"
                  .formatted(names.get(c), sessionCount));
        }
      }
    }
  }
}
