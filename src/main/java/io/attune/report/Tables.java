package io.attune.report;

import io.attune.report.BehaviorReport.DimensionFit;
import io.attune.report.BehaviorReport.Epoch;
import io.attune.report.BehaviorReport.Example;
import io.attune.report.BehaviorReport.Gallery;
import io.attune.report.BehaviorReport.Score;
import io.attune.rsa.Rdm;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** The data of a report's figures as CSV. */
final class Tables {
  private Tables() {}

  /** File name to text; the RDMs must have the same order. */
  static SortedMap<String, String> of(
      String name, BehaviorReport report, Rdm human, Rdm before, Rdm after) {
    SortedMap<String, String> tables = new TreeMap<>();
    tables.put(name + "-scores.csv", scores(report.scores()));
    tables.put(name + "-rdms.csv", rdms(human, before, after));
    if (!report.epochs().isEmpty()) {
      tables.put(name + "-epochs.csv", epochs(report.epochs()));
    }
    if (!report.dimensions().isEmpty()) {
      tables.put(name + "-dimensions.csv", dimensions(report.dimensions()));
    }
    if (!report.galleries().isEmpty()) {
      tables.put(name + "-galleries.csv", galleries(report.galleries()));
    }
    return tables;
  }

  private static String scores(List<Score> scores) {
    StringBuilder csv = new StringBuilder("score,before,after,ceiling\n");
    for (Score score : scores) {
      double ceiling = score.ceiling().orElse(Double.NaN);
      Csv.row(csv, Csv.quoted(score.name()), score.before(), score.after(), ceiling);
    }
    return csv.toString();
  }

  private static String rdms(Rdm human, Rdm before, Rdm after) {
    StringBuilder csv = new StringBuilder("first,second,human,before,after\n");
    for (int i = 0; i < human.size(); i++) {
      for (int j = i + 1; j < human.size(); j++) {
        String pair = Csv.quoted(human.names().get(i)) + "," + Csv.quoted(human.names().get(j));
        Csv.row(csv, pair, human.get(i, j), before.get(i, j), after.get(i, j));
      }
    }
    return csv.toString();
  }

  private static String epochs(List<Epoch> epochs) {
    StringBuilder csv = new StringBuilder("epoch,train_loss,validation_loss,spearman\n");
    for (Epoch epoch : epochs) {
      String number = Integer.toString(epoch.epoch());
      Csv.row(csv, number, epoch.trainLoss(), epoch.validationLoss(), epoch.spearman());
    }
    return csv.toString();
  }

  private static String dimensions(List<DimensionFit> dimensions) {
    StringBuilder csv = new StringBuilder("dimension,pearson_before,pearson_after\n");
    for (DimensionFit fit : dimensions) {
      Csv.row(csv, Csv.quoted(fit.name()), fit.before(), fit.after());
    }
    return csv.toString();
  }

  private static String galleries(List<Gallery> galleries) {
    StringBuilder csv = new StringBuilder("dimension,by,place,name,value\n");
    for (Gallery gallery : galleries) {
      examples(csv, Csv.quoted(gallery.dimension()) + ",people,", gallery.measured());
      examples(csv, Csv.quoted(gallery.dimension()) + ",model,", gallery.predicted());
    }
    return csv.toString();
  }

  private static void examples(StringBuilder csv, String start, List<Example> examples) {
    for (int i = 0; i < examples.size(); i++) {
      Example example = examples.get(i);
      Csv.row(csv, start + (i + 1) + "," + Csv.quoted(example.name()), example.value());
    }
  }
}
