package io.attune.report;

import io.attune.rsa.Rdm;
import io.attune.rsa.TimeCourse;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * What the MEG stages have to tell; {@link MegPage} turns it into a page. Whatever is empty has no
 * figure. All times are in ms from image onset, ascending; NaN marks a value that is not defined.
 *
 * @param title of the page
 * @param summary one or two sentences below the title
 * @param facts what was run, in the order shown
 * @param alignment models against group MEG, one panel for each MEG data set
 * @param behavior the MEG model's RDM at each time against the behavioural RDM
 * @param weights the layer mixing
 * @param generalization across time, model and MEG
 * @param participants each person's model against the same person's MEG
 * @param individuality how people differ, once for each set of images
 * @param weightDistances how two participants' layer weights differ
 * @param views one image as two participants see it
 * @param movie RDMs over time
 */
public record MegReport(
    String title,
    String summary,
    List<Fact> facts,
    List<TimeCourses> alignment,
    Optional<TimeCourse> behavior,
    Optional<LayerWeights> weights,
    Optional<Generalization> generalization,
    List<TimeCourses> participants,
    List<Individuality> individuality,
    List<WeightDistances> weightDistances,
    List<ImageViews> views,
    Optional<RdmMovie> movie) {

  /** What a series stands for, and so how it is drawn. */
  public enum Role {
    MODEL,
    /** What the data allow: a noise ceiling's bound. */
    CEILING
  }

  /**
   * One value a time.
   *
   * @param low lower edge of its band, empty without band
   * @param high upper edge, as many as low
   * @param area from 0 ms, in rho times ms, where it was measured
   * @param q how likely each value came by chance, adjusted for the false discovery rate over
   *     times; empty where it was not tested
   */
  public record Series(
      String name,
      Role role,
      double[] values,
      double[] low,
      double[] high,
      OptionalDouble area,
      double[] q) {
    public Series {
      if (low.length != high.length || (low.length > 0 && low.length != values.length)) {
        throw new IllegalArgumentException(
            "series %s: %d values with a band of %d to %d"
                .formatted(name, values.length, low.length, high.length));
      }
      if (q.length > 0) {
        expect("q of " + name, values.length, q.length);
      }
    }

    /** A series that was not tested. */
    public Series(
        String name, Role role, double[] values, double[] low, double[] high, OptionalDouble area) {
      this(name, role, values, low, high, area, new double[0]);
    }

    /** This series with the outcome of a test. */
    public Series tested(double[] adjusted) {
      return new Series(name, role, values, low, high, area, adjusted);
    }

    /** A series without band. */
    public static Series line(String name, Role role, double[] values, OptionalDouble area) {
      return new Series(name, role, values, new double[0], new double[0], area);
    }
  }

  /** Series over one time axis. */
  public record TimeCourses(String name, double[] times, List<Series> series) {
    public TimeCourses {
      for (Series one : series) {
        expect(name + ", " + one.name(), times.length, one.values().length);
      }
    }
  }

  /**
   * Normalised layer weights.
   *
   * @param weights [T][L], in the order of blocks; rows sum to 1
   */
  public record LayerWeights(double[] times, double[][] weights) {
    public LayerWeights {
      expectEven("layer weights", times);
      int layers = weights.length == 0 ? 0 : weights[0].length;
      expectRows("layer weights", times.length, weights, layers);
    }
  }

  /**
   * Correlations of RDMs between all pairs of times.
   *
   * @param model [T][T], symmetric, 1 on the diagonal
   * @param meg [T][T]
   */
  public record Generalization(double[] times, double[][] model, double[][] meg) {
    public Generalization {
      expectEven("generalization", times);
      expectRows("generalization of the model", times.length, model, times.length);
      expectRows("generalization of MEG", times.length, meg, times.length);
    }
  }

  /**
   * How people differ: dissimilarities whose conditions are participants.
   *
   * @param images which images were compared, as in "18 held-out images"
   * @param models between the participants' models
   * @param meg between their measurements, over the same participants in any order
   * @param permutationP chance of so large a Spearman between the two, from permutations
   */
  public record Individuality(String images, Rdm models, Rdm meg, OptionalDouble permutationP) {}

  /**
   * Distance between two participants' weights.
   *
   * @param layers one a layer, in the order of blocks
   */
  public record WeightDistances(String first, String second, double[] layers) {}

  /**
   * An image's dimensions for two participants at one time.
   *
   * @param picture PNG or JPEG bytes, best no larger than 256 pixels; empty without picture
   * @param time in ms
   * @param dimensions names of K dimensions
   * @param first K values
   * @param second K values
   */
  public record ImageViews(
      String image,
      byte[] picture,
      double time,
      List<String> dimensions,
      String firstParticipant,
      double[] first,
      String secondParticipant,
      double[] second) {
    public ImageViews {
      expect(image + " of " + firstParticipant, dimensions.size(), first.length);
      expect(image + " of " + secondParticipant, dimensions.size(), second.length);
    }
  }

  /**
   * RDMs over time, side by side.
   *
   * @param tracks of the same conditions, the first of which gives the order of rows
   */
  public record RdmMovie(double[] times, List<Track> tracks) {
    public RdmMovie {
      if (times.length == 0 || tracks.isEmpty()) {
        throw new IllegalArgumentException("movie: no frames");
      }
      for (Track track : tracks) {
        expect("movie of " + track.name(), times.length, track.frames().size());
      }
    }
  }

  /**
   * One RDM a time.
   *
   * @param frames T of them
   */
  public record Track(String name, List<Rdm> frames) {}

  /** Matrices are painted cell by cell, so that their times must be evenly spaced. */
  private static void expectEven(String what, double[] times) {
    if (times.length == 0) {
      throw new IllegalArgumentException(what + ": no times");
    }
    double step = (times[times.length - 1] - times[0]) / Math.max(1, times.length - 1);
    for (int t = 1; t < times.length; t++) {
      if (!(Math.abs(times[t] - times[t - 1] - step) <= 1e-3 * step)) {
        throw new IllegalArgumentException(
            "%s: times must be evenly spaced, %s ms follows %s ms"
                .formatted(what, times[t], times[t - 1]));
      }
    }
  }

  private static void expectRows(String what, int rows, double[][] matrix, int columns) {
    expect(what, rows, matrix.length);
    for (double[] row : matrix) {
      expect(what, columns, row.length);
    }
  }

  private static void expect(String what, int expected, int found) {
    if (expected != found) {
      throw new IllegalArgumentException(
          "%s: expected %d values, found %d".formatted(what, expected, found));
    }
  }
}
