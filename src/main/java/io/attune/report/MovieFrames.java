package io.attune.report;

import io.attune.report.MegReport.RdmMovie;
import io.attune.report.MegReport.Track;
import io.attune.rsa.Rdm;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;

/**
 * What a page shows of a movie: at most 160 conditions and some millions of cells, evenly chosen
 * where there are more, with similar conditions side by side.
 *
 * @param names shown conditions, in the order of rows
 * @param times shown, in ms
 * @param tracks in that order and at those times
 * @param conditions how many there were
 * @param frames how many there were
 */
record MovieFrames(
    List<String> names, double[] times, List<Track> tracks, int conditions, int frames) {
  private static final int MOST_CONDITIONS = 160;
  private static final long MOST_CELLS = 3_000_000;

  /** Byte that stands for a NaN; values take 0..254. */
  private static final int MISSING = 255;

  static MovieFrames of(RdmMovie movie) {
    Rdm pattern = movie.tracks().getFirst().frames().getFirst();
    List<String> all = pattern.names();
    List<String> chosen = new ArrayList<>();
    int shown = Math.min(all.size(), MOST_CONDITIONS);
    for (int i = 0; i < shown; i++) {
      chosen.add(all.get((int) ((long) i * all.size() / shown)));
    }
    long cells = (long) shown * (shown - 1) / 2 * movie.times().length;
    int step = (int) Math.max(1, (cells + MOST_CELLS - 1) / MOST_CELLS);
    int kept = (movie.times().length + step - 1) / step;
    double[] times = new double[kept];
    for (int t = 0; t < kept; t++) {
      times[t] = movie.times()[t * step];
    }
    List<List<Rdm>> selected = new ArrayList<>();
    for (Track track : movie.tracks()) {
      List<Rdm> frames = new ArrayList<>();
      for (int t = 0; t < kept; t++) {
        Rdm frame = track.frames().get(t * step);
        // Matched by name; conditions on one side only are an error that lists them.
        frames.add((frame.names().equals(all) ? frame : frame.alignedTo(pattern)).select(chosen));
      }
      selected.add(frames);
    }
    List<String> order = SimilarityOrder.of(mean(chosen, selected.getFirst()));
    List<Track> tracks = new ArrayList<>();
    for (int i = 0; i < selected.size(); i++) {
      List<Rdm> frames = selected.get(i).stream().map(frame -> frame.select(order)).toList();
      tracks.add(new Track(movie.tracks().get(i).name(), frames));
    }
    return new MovieFrames(order, times, tracks, all.size(), movie.times().length);
  }

  /** Mean over time, of what is defined. */
  private static Rdm mean(List<String> names, List<Rdm> frames) {
    double[] sum = new double[names.size() * (names.size() - 1) / 2];
    int[] count = new int[sum.length];
    for (Rdm frame : frames) {
      double[] condensed = frame.condensed();
      for (int p = 0; p < sum.length; p++) {
        if (!Double.isNaN(condensed[p])) {
          sum[p] += condensed[p];
          count[p]++;
        }
      }
    }
    for (int p = 0; p < sum.length; p++) {
      sum[p] /= count[p];
    }
    return Rdm.ofCondensed(names, sum);
  }

  /** Least and largest dissimilarity over all frames; NaN where none is defined. */
  static double[] range(Track track) {
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (Rdm frame : track.frames()) {
      for (double value : frame.condensed()) {
        if (!Double.isNaN(value)) {
          low = Math.min(low, value);
          high = Math.max(high, value);
        }
      }
    }
    return low <= high ? new double[] {low, high} : new double[] {Double.NaN, Double.NaN};
  }

  /** Base64 of all frames' triangles, a byte a pair on a range. */
  static String packed(Track track, double low, double high) {
    int pairs = track.frames().getFirst().condensed().length;
    byte[] bytes = new byte[pairs * track.frames().size()];
    int place = 0;
    for (Rdm frame : track.frames()) {
      for (double value : frame.condensed()) {
        double share = high > low ? (value - low) / (high - low) : 0;
        bytes[place++] = (byte) (Double.isNaN(value) ? MISSING : Math.round(share * (MISSING - 1)));
      }
    }
    return Base64.getEncoder().encodeToString(bytes);
  }
}
