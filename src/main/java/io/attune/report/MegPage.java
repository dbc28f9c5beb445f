package io.attune.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.report.MegReport.Generalization;
import io.attune.report.MegReport.ImageViews;
import io.attune.report.MegReport.Individuality;
import io.attune.report.MegReport.LayerWeights;
import io.attune.report.MegReport.Series;
import io.attune.report.MegReport.TimeCourses;
import io.attune.report.MegReport.Track;
import io.attune.report.MegReport.WeightDistances;
import io.attune.rsa.Comparison;
import io.attune.rsa.Correlation;
import io.attune.rsa.NanPolicy;
import io.attune.rsa.Rdm;
import io.attune.rsa.TimeCourse;
import java.util.List;
import java.util.Optional;

/**
 * The report of the MEG stages as one HTML file, with everything inside and no network use. Large
 * matrices travel as packed numbers and are painted by the page, so that they can be read off cell
 * by cell.
 */
public final class MegPage {
  private MegPage() {}

  /**
   * Renders a report.
   *
   * @param name of the HTML file without its extension; tables are named {@code NAME-courses.csv}
   *     and so on
   * @throws io.attune.InputException if RDMs that belong together have different conditions; the
   *     message lists them
   */
  public static Page render(String name, MegReport report) {
    Optional<MovieFrames> movie = report.movie().map(MovieFrames::of);
    ObjectNode data = PageTemplate.data(name);
    PageTemplate.facts(data, report.facts());
    courses(data.putArray("alignment"), report.alignment());
    report.behavior().ifPresent(course -> course(data.putObject("behavior"), course));
    report.weights().ifPresent(weights -> weights(data.putObject("weights"), weights));
    report.generalization().ifPresent(g -> generalization(data.putObject("generalization"), g));
    courses(data.putArray("participants"), report.participants());
    individuality(data.putArray("individuality"), report.individuality());
    distances(data.putArray("weightDistances"), report.weightDistances());
    views(data.putArray("views"), report.views());
    movie.ifPresent(frames -> movie(data.putObject("movie"), frames));
    String html =
        PageTemplate.fill(
            report.title(),
            report.summary(),
            Resources.text("meg.html"),
            Resources.text("matrices.js") + Resources.text("meg.js") + Resources.text("people.js"),
            data);
    return new Page(html, MegTables.of(name, report, movie));
  }

  private static void courses(ArrayNode array, List<TimeCourses> panels) {
    for (TimeCourses panel : panels) {
      ObjectNode node = array.addObject().put("name", panel.name());
      Digits.addAll(node.putArray("times"), panel.times());
      ArrayNode list = node.putArray("series");
      for (Series series : panel.series()) {
        ObjectNode line = list.addObject().put("name", series.name());
        line.put("ceiling", series.role() == MegReport.Role.CEILING);
        Digits.addAll(line.putArray("values"), series.values());
        Digits.addAll(line.putArray("low"), series.low());
        Digits.addAll(line.putArray("high"), series.high());
        Digits.addAll(line.putArray("q"), series.q());
        series.area().ifPresent(area -> Digits.put(line, "area", area));
      }
    }
  }

  private static void course(ObjectNode node, TimeCourse course) {
    Digits.addAll(node.putArray("times"), course.times());
    Digits.addAll(node.putArray("values"), course.values());
  }

  private static void weights(ObjectNode node, LayerWeights weights) {
    Digits.addAll(node.putArray("times"), weights.times());
    node.put("layers", weights.weights().length == 0 ? 0 : weights.weights()[0].length);
    node.put("cells", Digits.packed(weights.weights()));
  }

  private static void generalization(ObjectNode node, Generalization generalization) {
    Digits.addAll(node.putArray("times"), generalization.times());
    node.put("model", Digits.packed(generalization.model()));
    node.put("meg", Digits.packed(generalization.meg()));
    Digits.addAll(node.putArray("modelMean"), rowMeans(generalization.model()));
    Digits.addAll(node.putArray("megMean"), rowMeans(generalization.meg()));
  }

  /** Means of rows, diagonal included, of what is defined. */
  static double[] rowMeans(double[][] matrix) {
    double[] means = new double[matrix.length];
    for (int i = 0; i < matrix.length; i++) {
      double sum = 0;
      int count = 0;
      for (double value : matrix[i]) {
        if (!Double.isNaN(value)) {
          sum += value;
          count++;
        }
      }
      means[i] = sum / count;
    }
    return means;
  }

  private static void individuality(ArrayNode array, List<Individuality> sets) {
    for (Individuality set : sets) {
      Rdm meg = set.meg().alignedTo(set.models());
      Correlation r = Comparison.SPEARMAN.compare(set.models(), meg, NanPolicy.DROP);
      ObjectNode node = array.addObject().put("images", set.images());
      set.models().names().forEach(node.putArray("names")::add);
      node.put("models", Digits.packed(set.models().square()));
      node.put("meg", Digits.packed(meg.square()));
      Digits.put(node, "spearman", r.value());
      node.put("pairs", r.pairs());
      set.permutationP().ifPresent(p -> Digits.put(node, "permutationP", p));
    }
  }

  private static void distances(ArrayNode array, List<WeightDistances> pairs) {
    for (WeightDistances pair : pairs) {
      ObjectNode node = array.addObject().put("first", pair.first()).put("second", pair.second());
      Digits.addAll(node.putArray("layers"), pair.layers());
    }
  }

  private static void views(ArrayNode array, List<ImageViews> views) {
    for (ImageViews view : views) {
      ObjectNode node = array.addObject().put("image", view.image());
      Digits.put(node, "time", view.time());
      if (view.picture().length > 0) {
        node.put("picture", PageTemplate.dataUri(view.picture()));
      }
      view.dimensions().forEach(node.putArray("dimensions")::add);
      node.put("firstName", view.firstParticipant()).put("secondName", view.secondParticipant());
      Digits.addAll(node.putArray("first"), view.first());
      Digits.addAll(node.putArray("second"), view.second());
    }
  }

  private static void movie(ObjectNode node, MovieFrames movie) {
    movie.names().forEach(node.putArray("names")::add);
    node.put("conditions", movie.conditions()).put("frames", movie.frames());
    Digits.addAll(node.putArray("times"), movie.times());
    ArrayNode tracks = node.putArray("tracks");
    for (Track track : movie.tracks()) {
      double[] range = MovieFrames.range(track);
      ObjectNode one = tracks.addObject().put("name", track.name());
      Digits.put(one, "low", range[0]);
      Digits.put(one, "high", range[1]);
      one.put("cells", MovieFrames.packed(track, range[0], range[1]));
    }
  }
}
