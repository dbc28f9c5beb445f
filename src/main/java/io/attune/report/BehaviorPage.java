package io.attune.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.report.BehaviorReport.DimensionFit;
import io.attune.report.BehaviorReport.Epoch;
import io.attune.report.BehaviorReport.Example;
import io.attune.report.BehaviorReport.Gallery;
import io.attune.report.BehaviorReport.Score;
import io.attune.rsa.Comparison;
import io.attune.rsa.Correlation;
import io.attune.rsa.NanPolicy;
import io.attune.rsa.Rdm;
import java.util.List;

/**
 * The report of a behaviour stage as one HTML file: the chart library, the data and the pictures
 * are inside, and a content security policy forbids every network request.
 */
public final class BehaviorPage {
  /** Above this many conditions RDMs become pictures, and their order stays as given. */
  private static final int LARGEST_HEATMAP = 120;

  /** Above this many pairs the scatter shows an even selection. */
  private static final int LARGEST_SCATTER = 4000;

  private BehaviorPage() {}

  /**
   * Renders a report.
   *
   * @param name of the HTML file without its extension; tables are named {@code NAME-rdms.csv} and
   *     so on
   */
  public static Page render(String name, BehaviorReport report) {
    Rdm human = report.human();
    if (human.size() <= LARGEST_HEATMAP) {
      human = human.select(SimilarityOrder.of(human));
    }
    Rdm before = report.before().alignedTo(human);
    Rdm after = report.after().alignedTo(human);
    ObjectNode data = PageTemplate.data(name);
    data.put("bestEpoch", report.bestEpoch());
    PageTemplate.facts(data, report.facts());
    scores(data.putArray("scores"), report.scores());
    rdms(data.putObject("rdms"), human, before, after);
    scatter(data.putObject("scatter"), human, before, after);
    epochs(data.putArray("epochs"), report.epochs());
    dimensions(data.putArray("dimensions"), report.dimensions());
    galleries(data.putArray("galleries"), report.galleries());
    String html =
        PageTemplate.fill(
            report.title(),
            report.summary(),
            Resources.text("behavior.html"),
            Resources.text("behavior.js"),
            data);
    return new Page(html, Tables.of(name, report, human, before, after));
  }

  private static void scores(ArrayNode array, List<Score> scores) {
    for (Score score : scores) {
      ObjectNode node = array.addObject();
      node.put("name", score.name()).put("explanation", score.explanation());
      Digits.put(node, "before", score.before());
      Digits.put(node, "after", score.after());
      score.ceiling().ifPresent(ceiling -> Digits.put(node, "ceiling", ceiling));
    }
  }

  private static void rdms(ObjectNode node, Rdm human, Rdm before, Rdm after) {
    node.put("size", human.size());
    boolean pictures = human.size() > LARGEST_HEATMAP;
    if (!pictures) {
      human.names().forEach(node.putArray("names")::add);
    }
    List<Rdm> all = List.of(before, after, human);
    List<String> keys = List.of("before", "after", "human");
    for (int i = 0; i < all.size(); i++) {
      if (pictures) {
        node.put(keys.get(i), RdmPicture.dataUri(Percentiles.of(all.get(i)).square()));
      } else {
        Digits.addAll(node.putArray(keys.get(i)), all.get(i).condensed());
        Digits.addAll(node.putArray(keys.get(i) + "Ranks"), Percentiles.of(all.get(i)).condensed());
      }
    }
  }

  private static void scatter(ObjectNode node, Rdm human, Rdm before, Rdm after) {
    correlation(node, "before", human, before);
    correlation(node, "after", human, after);
    int n = human.size();
    int pairs = n * (n - 1) / 2;
    int step = Math.max(1, (pairs + LARGEST_SCATTER - 1) / LARGEST_SCATTER);
    node.put("shown", (pairs + step - 1) / step);
    ArrayNode points = node.putArray("points");
    for (int i = 0, p = 0; i < n; i++) {
      for (int j = i + 1; j < n; j++, p++) {
        if (p % step == 0) {
          ArrayNode point = points.addArray().add(i).add(j);
          Digits.add(point, human.get(i, j));
          Digits.add(point, before.get(i, j));
          Digits.add(point, after.get(i, j));
        }
      }
    }
    human.names().forEach(node.putArray("names")::add);
  }

  private static void correlation(ObjectNode node, String name, Rdm human, Rdm model) {
    Correlation r = Comparison.SPEARMAN.compare(human, model, NanPolicy.DROP);
    Digits.put(node, name + "Spearman", r.value());
    Digits.put(node, name + "P", r.pValue());
    node.put("pairs", r.pairs());
  }

  private static void epochs(ArrayNode array, List<Epoch> epochs) {
    for (Epoch epoch : epochs) {
      ObjectNode node = array.addObject().put("epoch", epoch.epoch());
      Digits.put(node, "train", epoch.trainLoss());
      Digits.put(node, "validation", epoch.validationLoss());
      Digits.put(node, "spearman", epoch.spearman());
    }
  }

  private static void dimensions(ArrayNode array, List<DimensionFit> dimensions) {
    for (DimensionFit fit : dimensions) {
      ObjectNode node = array.addObject().put("name", fit.name());
      Digits.put(node, "before", fit.before());
      Digits.put(node, "after", fit.after());
    }
  }

  private static void galleries(ArrayNode array, List<Gallery> galleries) {
    for (Gallery gallery : galleries) {
      ObjectNode node = array.addObject().put("dimension", gallery.dimension());
      examples(node.putArray("measured"), gallery.measured());
      examples(node.putArray("predicted"), gallery.predicted());
    }
  }

  private static void examples(ArrayNode array, List<Example> examples) {
    for (Example example : examples) {
      ObjectNode node = array.addObject().put("name", example.name());
      Digits.put(node, "value", example.value());
      node.put("image", PageTemplate.dataUri(example.image()));
    }
  }
}
