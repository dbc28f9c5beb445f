package io.attune.bench.jmh;

import io.attune.InputException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Which contests are asked for.
 *
 * @param what names of questions or groups; all if none is named
 * @param only matches the keys of contests; null for all
 * @param quick leaves out some sizes where neither questions nor contests are named
 */
record Selection(List<String> what, Pattern only, boolean quick) {
  /** What a quick run of everything leaves out. */
  private static final Pattern OTHER_SIZES = Pattern.compile("^(vit-b|text)");

  /**
   * The contests that this plan can measure, not yet measured.
   *
   * @throws InputException if nothing remains
   */
  List<Row> rows(Plan plan) {
    List<Question> questions =
        what.isEmpty()
            ? Questions.all()
            : what.stream().flatMap(name -> Questions.named(name).stream()).distinct().toList();
    List<Row> rows = new ArrayList<>();
    boolean any = false;
    for (Question question : questions) {
      for (Contest contest : question.contests()) {
        if (asks(contest)) {
          any = true;
          if (measures(plan, question, contest)) {
            rows.add(new Row(question, contest));
          }
        }
      }
    }
    if (!any) {
      throw new InputException(
          "--only %s matches no contest%s; --list names them"
              .formatted(only, what.isEmpty() ? "" : " of " + String.join(", ", what)));
    }
    if (rows.isEmpty() && plan.clock() == Plan.Clock.CPU && noneTellsProcessorTime(questions)) {
      throw new InputException(
          "--clock cpu: what %s asks is measured by --clock wall only"
              .formatted(String.join(", ", what)));
    }
    if (rows.isEmpty()) {
      throw new InputException(
          "nothing to measure: with %s, --threads %d and --clock %s no provider enters what was asked for; --list names contests"
              .formatted(
                  "--providers " + plan.providerLabels(), plan.threads(), plan.clock().label()));
    }
    return rows;
  }

  private static boolean noneTellsProcessorTime(List<Question> questions) {
    return questions.stream().noneMatch(Question::tellsProcessorTime);
  }

  private boolean asks(Contest contest) {
    if (only != null) {
      return only.matcher(contest.key()).find();
    }
    return !quick || !what.isEmpty() || !OTHER_SIZES.matcher(contest.shape()).find();
  }

  private static boolean measures(Plan plan, Question question, Contest contest) {
    return contest.threads(plan.threads()) <= plan.threads()
        && !plan.entering(contest).isEmpty()
        && (plan.clock() == Plan.Clock.WALL || question.tellsProcessorTime());
  }
}
