package io.attune.report;

import java.util.List;

/**
 * Alignment with people against the number of concepts a model was tuned on; {@link ConceptsPage}
 * turns it into a page.
 *
 * @param facts what was run, in the order shown
 * @param plain Spearman's rho of the model before tuning
 * @param runs in any order
 */
public record ConceptsReport(List<Fact> facts, double plain, List<Run> runs) {
  /**
   * A tuned model.
   *
   * @param name of the run
   * @param concepts that trained or validated
   * @param spearman with people's judgements of held-out objects
   */
  public record Run(String name, int concepts, double spearman) {}
}
