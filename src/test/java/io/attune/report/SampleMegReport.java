package io.attune.report;

import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.report.MegReport.Generalization;
import io.attune.report.MegReport.ImageViews;
import io.attune.report.MegReport.Individuality;
import io.attune.report.MegReport.LayerWeights;
import io.attune.report.MegReport.RdmMovie;
import io.attune.report.MegReport.Role;
import io.attune.report.MegReport.Series;
import io.attune.report.MegReport.TimeCourses;
import io.attune.report.MegReport.Track;
import io.attune.report.MegReport.WeightDistances;
import io.attune.rsa.Dissimilarity;
import io.attune.rsa.Rdm;
import io.attune.rsa.TimeCourse;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;

/** A made-up MEG report; main writes it to a file, to be looked at. */
final class SampleMegReport {
  private final Philox random = new Philox(new PhiloxKey(11, 0, 0));
  private final double[] times;
  private final List<String> images;

  private SampleMegReport(int steps, int images) {
    double step = 1400.0 / (steps - 1);
    this.times = IntStream.range(0, steps).mapToDouble(t -> -100 + step * t).toArray();
    this.images = IntStream.range(0, images).mapToObj(i -> "image_" + i).toList();
  }

  public static void main(String[] arguments) throws IOException {
    Page page = MegPage.render("meg", of(281, 60));
    Files.writeString(Path.of(arguments[0]), page.html());
  }

  static MegReport of(int steps, int images) throws IOException {
    return new SampleMegReport(steps, images).report();
  }

  private MegReport report() throws IOException {
    List<TimeCourses> people = new ArrayList<>();
    for (int p = 1; p <= 6; p++) {
      people.add(panel("participant " + p, "model", 0.05 + 0.03 * p));
    }
    double[] gated = wave(0.64);
    gated[0] = Double.NaN;
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    ImageIO.write(new BufferedImage(8, 8, BufferedImage.TYPE_INT_RGB), "png", png);
    List<String> dimensions = IntStream.range(0, 66).mapToObj(k -> "dimension " + k).toList();
    List<String> participants = IntStream.range(1, 9).mapToObj(p -> "P" + p).toList();
    return new MegReport(
        "Does this model see as the brain does?",
        "A model tuned on MEG, against group MEG and single participants. All numbers are made up.",
        List.of(new Fact("model", "weights/clip-tiny")),
        List.of(
            panel("MEG set 1", "MEG model", 0.3),
            panel("MEG set 2", "MEG model", 0.2),
            panel("MEG set 3", "MEG model", 0.25)),
        Optional.of(new TimeCourse(times, gated)),
        Optional.of(weights()),
        Optional.of(new Generalization(times, generalization(0.2), generalization(0.6))),
        people,
        List.of(
            new Individuality(
                "all images",
                rdm(participants, 1),
                rdm(participants.reversed(), 1),
                OptionalDouble.of(0.0123)),
            new Individuality(
                "18 held-out images",
                rdm(participants, 1),
                rdm(participants, 1),
                OptionalDouble.empty())),
        List.of(new WeightDistances("P1", "P2", row(24)), new WeightDistances("P1", "P3", row(24))),
        List.of(
            new ImageViews(
                "image_3", png.toByteArray(), 180, dimensions, "P1", row(66), "P2", row(66))),
        Optional.of(
            new RdmMovie(
                times, List.of(new Track("MEG", frames(0.5)), new Track("Model", frames(0.2))))));
  }

  private TimeCourses panel(String name, String model, double height) {
    double[] bound = wave(height * 0.9);
    double[] tuned = wave(height);
    double area = new TimeCourse(times, tuned).area();
    return new TimeCourses(
        name,
        times,
        List.of(
            new Series(
                "lower bound",
                Role.CEILING,
                bound,
                Arrays.stream(bound).map(v -> v - 0.03).toArray(),
                Arrays.stream(bound).map(v -> v + 0.03).toArray(),
                OptionalDouble.of(103.47)),
            Series.line(model, Role.MODEL, tuned, OptionalDouble.of(area)).tested(q(tuned)),
            tested("CLIP", wave(height * 0.5))));
  }

  private static Series tested(String name, double[] values) {
    return Series.line(name, Role.MODEL, values, OptionalDouble.empty()).tested(q(values));
  }

  private static double[] q(double[] values) {
    return Arrays.stream(values).map(v -> Math.exp(-60 * Math.abs(v))).toArray();
  }

  private double[] wave(double height) {
    return Arrays.stream(times)
        .map(t -> (t <= 0 ? 0 : height * Math.exp(-sq((t - 200) / 180))) + 0.01 * normal())
        .toArray();
  }

  private LayerWeights weights() {
    double[][] weights = new double[times.length][24];
    for (int t = 0; t < times.length; t++) {
      for (int j = 0; j < 24; j++) {
        weights[t][j] = Math.exp(-sq((j - 24.0 * t / times.length) / 5));
      }
      double sum = Arrays.stream(weights[t]).sum();
      weights[t] = Arrays.stream(weights[t]).map(w -> w / sum).toArray();
    }
    return new LayerWeights(times, weights);
  }

  private double[][] generalization(double noise) {
    int n = times.length;
    double[][] matrix = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        double alike = times[i] < 0 || times[j] < 0 ? 0 : 1 - noise;
        double value = alike * Math.exp(-sq((times[i] - times[j]) / 300)) + 0.02 * normal();
        matrix[i][j] = i == j ? 1 : value;
        matrix[j][i] = matrix[i][j];
      }
    }
    return matrix;
  }

  private List<Rdm> frames(double noise) {
    double[][] features = features(images.size());
    List<Rdm> frames = new ArrayList<>();
    for (double time : times) {
      double signal = time < 0 ? 0 : Math.exp(-sq((time - 200) / 300));
      double[][] rows = new double[images.size()][];
      for (int i = 0; i < rows.length; i++) {
        rows[i] =
            Arrays.stream(features[i]).map(v -> signal * v + (noise + 0.01) * normal()).toArray();
      }
      frames.add(Rdm.ofFeatures(images, rows, Dissimilarity.CORRELATION));
    }
    return frames;
  }

  private Rdm rdm(List<String> names, double scale) {
    double[][] features = features(names.size());
    for (double[] row : features) {
      row[0] += scale * normal();
    }
    return Rdm.ofFeatures(names, features, Dissimilarity.CORRELATION);
  }

  private double[][] features(int rows) {
    double[][] features = new double[rows][12];
    for (int i = 0; i < rows; i++) {
      for (int k = 0; k < 12; k++) {
        features[i][k] = (k == i % 5 ? 2 : 0) + 0.5 * normal();
      }
    }
    return features;
  }

  private double[] row(int length) {
    return IntStream.range(0, length).mapToDouble(k -> Math.abs(normal())).toArray();
  }

  private double normal() {
    return random.nextNormal();
  }

  private static double sq(double x) {
    return x * x;
  }
}
