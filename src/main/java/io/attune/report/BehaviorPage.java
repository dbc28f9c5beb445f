package io.attune.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.report.BehaviorReport.DimensionFit;
import io.attune.report.BehaviorReport.Epoch;
import io.attune.report.BehaviorReport.Example;
import io.attune.report.BehaviorReport.Fact;
import io.attune.report.BehaviorReport.Gallery;
import io.attune.report.BehaviorReport.Score;
import io.attune.rsa.Comparison;
import io.attune.rsa.Correlation;
import io.attune.rsa.NanPolicy;
import io.attune.rsa.Rdm;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The report of a behaviour stage as one HTML file: the chart library, the data and the pictures
 * are inside, and a content security policy forbids every network request.
 */
public final class BehaviorPage {
  /** Above this many conditions RDMs become pictures, and their order stays as given. */
  private static final int LARGEST_HEATMAP = 120;

  /** Above this many pairs the scatter shows an even selection. */
  private static final int LARGEST_SCATTER = 4000;

  private static final Pattern PLACE = Pattern.compile("\\{\\{(\\w+)}}");
  private static final ObjectMapper JSON = new ObjectMapper();

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
    ObjectNode data = JSON.createObjectNode();
    data.put("name", name);
    data.put("bestEpoch", report.bestEpoch());
    facts(data.putArray("facts"), report.facts());
    scores(data.putArray("scores"), report.scores());
    rdms(data.putObject("rdms"), human, before, after);
    scatter(data.putObject("scatter"), human, before, after);
    epochs(data.putArray("epochs"), report.epochs());
    dimensions(data.putArray("dimensions"), report.dimensions());
    galleries(data.putArray("galleries"), report.galleries());
    ArrayNode stops = data.putArray("viridis");
    for (int rgb : Viridis.STOPS) {
      stops.add(String.format("#%06x", rgb));
    }
    String html =
        fill(
            Resources.text("behavior.html"),
            Map.of(
                "title", escape(report.title()),
                "summary", escape(report.summary()),
                "style", Resources.text("report.css"),
                "data", embed(data),
                "script", Resources.text("report.js"),
                "echarts", ECharts.script()));
    return new Page(html, Tables.of(name, report, human, before, after));
  }

  /** Puts values in the places of a template; what a value holds is never taken for a place. */
  private static String fill(String template, Map<String, String> values) {
    return PLACE
        .matcher(template)
        .replaceAll(place -> Matcher.quoteReplacement(values.get(place.group(1))));
  }

  private static void facts(ArrayNode array, List<Fact> facts) {
    for (Fact fact : facts) {
      array.addObject().put("name", fact.name()).put("value", fact.value());
    }
  }

  private static void scores(ArrayNode array, List<Score> scores) {
    for (Score score : scores) {
      ObjectNode node = array.addObject();
      node.put("name", score.name()).put("explanation", score.explanation());
      put(node, "before", score.before());
      put(node, "after", score.after());
      score.ceiling().ifPresent(ceiling -> put(node, "ceiling", ceiling));
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
        addAll(node.putArray(keys.get(i)), all.get(i).condensed());
        addAll(node.putArray(keys.get(i) + "Ranks"), Percentiles.of(all.get(i)).condensed());
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
          add(point, human.get(i, j));
          add(point, before.get(i, j));
          add(point, after.get(i, j));
        }
      }
    }
    human.names().forEach(node.putArray("names")::add);
  }

  private static void correlation(ObjectNode node, String name, Rdm human, Rdm model) {
    Correlation r = Comparison.SPEARMAN.compare(human, model, NanPolicy.DROP);
    put(node, name + "Spearman", r.value());
    put(node, name + "P", r.pValue());
    node.put("pairs", r.pairs());
  }

  private static void epochs(ArrayNode array, List<Epoch> epochs) {
    for (Epoch epoch : epochs) {
      ObjectNode node = array.addObject().put("epoch", epoch.epoch());
      put(node, "train", epoch.trainLoss());
      put(node, "validation", epoch.validationLoss());
      put(node, "spearman", epoch.spearman());
    }
  }

  private static void dimensions(ArrayNode array, List<DimensionFit> dimensions) {
    for (DimensionFit fit : dimensions) {
      ObjectNode node = array.addObject().put("name", fit.name());
      put(node, "before", fit.before());
      put(node, "after", fit.after());
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
      put(node, "value", example.value());
      byte[] image = example.image();
      String type = image.length > 0 && image[0] == (byte) 0xff ? "jpeg" : "png";
      node.put(
          "image", "data:image/" + type + ";base64," + Base64.getEncoder().encodeToString(image));
    }
  }

  private static void addAll(ArrayNode array, double[] values) {
    for (double value : values) {
      add(array, value);
    }
  }

  private static void add(ArrayNode array, double value) {
    if (Double.isFinite(value)) {
      array.add(shortened(value));
    } else {
      array.addNull();
    }
  }

  private static void put(ObjectNode node, String key, double value) {
    if (Double.isFinite(value)) {
      node.put(key, shortened(value));
    } else {
      node.putNull(key);
    }
  }

  /** Five digits are more than a screen shows. */
  private static double shortened(double value) {
    return new BigDecimal(value).round(new MathContext(5)).doubleValue();
  }

  /** JSON that cannot end the script element it stands in. */
  private static String embed(ObjectNode data) {
    try {
      return JSON.writeValueAsString(data).replace("<", "\\u003c");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
