package io.attune.report;

import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.report.BehaviorReport.DimensionFit;
import io.attune.report.BehaviorReport.Epoch;
import io.attune.report.BehaviorReport.Example;
import io.attune.report.BehaviorReport.Gallery;
import io.attune.report.BehaviorReport.Score;
import io.attune.rsa.Dissimilarity;
import io.attune.rsa.Rdm;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import javax.imageio.ImageIO;

/** A report over made-up objects of a few kinds; main writes it to a file, to be looked at. */
final class SampleReport {
  private SampleReport() {}

  public static void main(String[] arguments) throws IOException {
    Path file = Path.of(arguments[0]);
    int objects = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 48;
    Page page = BehaviorPage.render("report", of(objects));
    Files.writeString(file, page.html());
  }

  static BehaviorReport of(int objects) throws IOException {
    Philox random = new Philox(new PhiloxKey(7, 0, 0));
    int features = 12;
    List<String> names = new ArrayList<>();
    double[][] truth = new double[objects][features];
    double[][] before = new double[objects][features];
    double[][] after = new double[objects][features];
    for (int i = 0; i < objects; i++) {
      names.add("object_" + (char) ('a' + i % 6) + i);
      for (int k = 0; k < features; k++) {
        truth[i][k] = (k == i % 6 ? 2 : 0) + random.nextNormal() * 0.5;
        before[i][k] = truth[i][k] * 0.4 + random.nextNormal();
        after[i][k] = truth[i][k] + 0.4 * random.nextNormal();
      }
    }
    List<Epoch> epochs = new ArrayList<>();
    epochs.add(new Epoch(0, Double.NaN, 160, 0.31));
    for (int e = 1; e <= 60; e++) {
      double fall = 120 * Math.exp(-e / 12.0);
      double rise = e > 40 ? (e - 40) * 0.3 : 0;
      epochs.add(
          new Epoch(e, 20 + fall, 30 + fall + rise, 0.75 - 0.44 * Math.exp(-e / 9.0) - rise / 90));
    }
    List<DimensionFit> dimensions = new ArrayList<>();
    for (int k = 0; k < 66; k++) {
      double was = 0.3 + 0.2 * random.nextNormal();
      dimensions.add(
          new DimensionFit(
              "dimension " + k + "; related", was, Math.min(0.97, was + 0.3 * random.nextFloat())));
    }
    List<Gallery> galleries = new ArrayList<>();
    for (String dimension :
        List.of("metallic; artificial", "food-related", "red", "fluffy <soft>")) {
      galleries.add(new Gallery(dimension, examples(random, 0), examples(random, 3)));
    }
    return new BehaviorReport(
        "How human is this model?",
        "A small CLIP, scored against people's similarity judgements before and after it was tuned"
            + " on behaviour.",
        List.of(
            new Fact("model", "weights/clip-tiny"),
            new Fact("device", "cpu, 2 threads, 512-bit vectors"),
            new Fact("seed", "1")),
        List.of(
            new Score(
                "48 held-out objects",
                "Spearman correlation of the model's matrix with people's, 1,128 pairs",
                0.31,
                0.74,
                OptionalDouble.of(0.86)),
            new Score(
                "Held-out concepts",
                "Spearman correlation over all pairs of the validation concepts",
                0.28,
                0.66,
                OptionalDouble.empty())),
        Rdm.ofFeatures(names, truth, Dissimilarity.CORRELATION),
        Rdm.ofFeatures(names, before, Dissimilarity.CORRELATION),
        Rdm.ofFeatures(names, after, Dissimilarity.CORRELATION),
        epochs,
        40,
        dimensions,
        galleries);
  }

  private static List<Example> examples(Philox random, int from) throws IOException {
    List<Example> examples = new ArrayList<>();
    for (int i = from; i < from + 6; i++) {
      BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_RGB);
      Graphics2D pen = image.createGraphics();
      pen.setColor(new Color(180 + i * 5, 200, 190));
      pen.fillRect(0, 0, 64, 64);
      pen.setColor(new Color(random.nextInt(200), random.nextInt(200), 90));
      pen.fillOval(12, 12, 40, 40);
      pen.dispose();
      ByteArrayOutputStream png = new ByteArrayOutputStream();
      ImageIO.write(image, "png", png);
      examples.add(new Example("object_" + i, 3 - 0.2 * i, png.toByteArray()));
    }
    return examples;
  }
}
