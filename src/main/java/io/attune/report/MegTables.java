package io.attune.report;

import io.attune.report.MegReport.Generalization;
import io.attune.report.MegReport.ImageViews;
import io.attune.report.MegReport.Individuality;
import io.attune.report.MegReport.LayerWeights;
import io.attune.report.MegReport.Series;
import io.attune.report.MegReport.TimeCourses;
import io.attune.report.MegReport.Track;
import io.attune.report.MegReport.WeightDistances;
import io.attune.rsa.Rdm;
import io.attune.rsa.TimeCourse;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;

/** The data of a MEG report's figures as CSV. */
final class MegTables {
  private MegTables() {}

  /** File name to text. */
  static SortedMap<String, String> of(String name, MegReport report, Optional<MovieFrames> movie) {
    SortedMap<String, String> tables = new TreeMap<>();
    put(tables, name + "-courses.csv", report.alignment(), () -> courses(report.alignment()));
    put(tables, name + "-areas.csv", report.alignment(), () -> areas(report.alignment()));
    report.behavior().ifPresent(c -> tables.put(name + "-behavior.csv", behavior(c)));
    report.weights().ifPresent(w -> tables.put(name + "-weights.csv", weights(w)));
    report
        .generalization()
        .ifPresent(
            g -> {
              tables.put(name + "-generalization.csv", generalization(g));
              tables.put(name + "-generalization-mean.csv", generalizationMean(g));
            });
    List<TimeCourses> people = report.participants();
    put(tables, name + "-participants.csv", people, () -> courses(people));
    List<Individuality> sets = report.individuality();
    put(tables, name + "-individuality.csv", sets, () -> individuality(sets));
    List<WeightDistances> pairs = report.weightDistances();
    put(tables, name + "-weight-distances.csv", pairs, () -> distances(pairs));
    put(tables, name + "-views.csv", report.views(), () -> views(report.views()));
    movie.ifPresent(frames -> tables.put(name + "-movie.csv", movie(frames)));
    return tables;
  }

  private static void put(
      SortedMap<String, String> tables, String name, List<?> content, Supplier<String> csv) {
    if (!content.isEmpty()) {
      tables.put(name, csv.get());
    }
  }

  private static String courses(List<TimeCourses> panels) {
    StringBuilder csv = new StringBuilder("panel,series,time_ms,value,low,high,q\n");
    for (TimeCourses panel : panels) {
      for (Series series : panel.series()) {
        String start = Csv.quoted(panel.name()) + "," + Csv.quoted(series.name());
        for (int t = 0; t < panel.times().length; t++) {
          boolean band = series.low().length > 0;
          double low = band ? series.low()[t] : Double.NaN;
          double high = band ? series.high()[t] : Double.NaN;
          double q = series.q().length > 0 ? series.q()[t] : Double.NaN;
          Csv.row(csv, start, panel.times()[t], series.values()[t], low, high, q);
        }
      }
    }
    return csv.toString();
  }

  private static String areas(List<TimeCourses> panels) {
    StringBuilder csv = new StringBuilder("panel,series,area_rho_ms\n");
    for (TimeCourses panel : panels) {
      for (Series series : panel.series()) {
        String start = Csv.quoted(panel.name()) + "," + Csv.quoted(series.name());
        Csv.row(csv, start, series.area().orElse(Double.NaN));
      }
    }
    return csv.toString();
  }

  private static String behavior(TimeCourse course) {
    StringBuilder csv = new StringBuilder("time_ms,spearman\n");
    for (int t = 0; t < course.times().length; t++) {
      Csv.row(csv, Double.toString(course.times()[t]), course.values()[t]);
    }
    return csv.toString();
  }

  private static String weights(LayerWeights weights) {
    StringBuilder csv = new StringBuilder("time_ms");
    for (int j = 1; j <= weights.weights()[0].length; j++) {
      csv.append(",layer_").append(j);
    }
    csv.append('\n');
    for (int t = 0; t < weights.times().length; t++) {
      Csv.row(csv, Double.toString(weights.times()[t]), weights.weights()[t]);
    }
    return csv.toString();
  }

  private static String generalization(Generalization g) {
    StringBuilder csv = new StringBuilder("first_ms,second_ms,model,meg\n");
    for (int i = 0; i < g.times().length; i++) {
      for (int j = 0; j < g.times().length; j++) {
        String first = Double.toString(g.times()[i]);
        double model = Digits.shortened(g.model()[i][j]);
        Csv.row(csv, first, g.times()[j], model, Digits.shortened(g.meg()[i][j]));
      }
    }
    return csv.toString();
  }

  private static String generalizationMean(Generalization g) {
    StringBuilder csv = new StringBuilder("time_ms,model,meg\n");
    double[] model = MegPage.rowMeans(g.model());
    double[] meg = MegPage.rowMeans(g.meg());
    for (int t = 0; t < g.times().length; t++) {
      Csv.row(csv, Double.toString(g.times()[t]), model[t], meg[t]);
    }
    return csv.toString();
  }

  private static String individuality(List<Individuality> sets) {
    StringBuilder csv = new StringBuilder("images,first,second,models,meg\n");
    for (Individuality set : sets) {
      Rdm models = set.models();
      Rdm meg = set.meg().alignedTo(models);
      for (int i = 0; i < models.size(); i++) {
        for (int j = i + 1; j < models.size(); j++) {
          String pair = Csv.quoted(models.names().get(i)) + "," + Csv.quoted(models.names().get(j));
          Csv.row(csv, Csv.quoted(set.images()) + "," + pair, models.get(i, j), meg.get(i, j));
        }
      }
    }
    return csv.toString();
  }

  private static String distances(List<WeightDistances> pairs) {
    StringBuilder csv = new StringBuilder("first,second,layer,distance\n");
    for (WeightDistances pair : pairs) {
      String start = Csv.quoted(pair.first()) + "," + Csv.quoted(pair.second()) + ",";
      for (int j = 0; j < pair.layers().length; j++) {
        Csv.row(csv, start + (j + 1), pair.layers()[j]);
      }
    }
    return csv.toString();
  }

  private static String views(List<ImageViews> views) {
    StringBuilder csv = new StringBuilder("image,time_ms,dimension,participant,value\n");
    for (ImageViews view : views) {
      for (int k = 0; k < view.dimensions().size(); k++) {
        String start =
            Csv.quoted(view.image())
                + ","
                + view.time()
                + ","
                + Csv.quoted(view.dimensions().get(k))
                + ",";
        Csv.row(csv, start + Csv.quoted(view.firstParticipant()), view.first()[k]);
        Csv.row(csv, start + Csv.quoted(view.secondParticipant()), view.second()[k]);
      }
    }
    return csv.toString();
  }

  /** One line a pair of conditions, one column a time: what the page shows. */
  private static String movie(MovieFrames movie) {
    StringBuilder csv = new StringBuilder("track,first,second");
    for (double time : movie.times()) {
      csv.append(",ms_").append(time);
    }
    csv.append('\n');
    for (Track track : movie.tracks()) {
      List<double[]> frames = track.frames().stream().map(Rdm::condensed).toList();
      int pair = 0;
      for (int i = 0; i < movie.names().size(); i++) {
        for (int j = i + 1; j < movie.names().size(); j++) {
          int p = pair++;
          String names = Csv.quoted(movie.names().get(i)) + "," + Csv.quoted(movie.names().get(j));
          double[] values = frames.stream().mapToDouble(frame -> frame[p]).toArray();
          Csv.row(
              csv,
              Csv.quoted(track.name()) + "," + names,
              Arrays.stream(values).map(Digits::shortened).toArray());
        }
      }
    }
    return csv.toString();
  }
}
