package io.attune.data.synthetic;

import java.awt.image.BufferedImage;
import java.util.List;

/**
 * Numbers that a brain could take from an image before it knows what is seen: edges in eight
 * orientations and the object's colour, then the object's outline.
 *
 * <p>Each group of numbers is centred and scaled to a mean square length of 1 over the images, so
 * that weights of groups compare.
 */
final class VisualFeatures {
  private static final int ORIENTATIONS = 8;
  private static final List<Latent> SHAPE =
      List.of(Latent.ELONGATION, Latent.SQUARENESS, Latent.SPIKINESS);

  /** Numbers that say an object's outline. */
  static final int SHAPE_FEATURES = SHAPE.size();

  private VisualFeatures() {}

  /**
   * Edge strength by orientation, [images][8]: the mean over an image's inner pixels of the
   * gradient of its luminance times the cosine of twice the angle to the orientation, where that is
   * positive.
   */
  static double[][] edges(List<BufferedImage> images) {
    return unit(images.stream().parallel().map(VisualFeatures::edges).toArray(double[][]::new));
  }

  private static double[] edges(BufferedImage image) {
    double[] sums = new double[ORIENTATIONS];
    int size = image.getWidth();
    for (int row = 1; row < size - 1; row++) {
      for (int column = 1; column < size - 1; column++) {
        double dx = luminance(image, column + 1, row) - luminance(image, column - 1, row);
        double dy = luminance(image, column, row + 1) - luminance(image, column, row - 1);
        double strength = Math.sqrt(dx * dx + dy * dy);
        for (int o = 0; o < ORIENTATIONS && strength > 0; o++) {
          double angle = 2 * Math.PI * o / ORIENTATIONS;
          double along =
              (dx * dx - dy * dy) * StrictMath.cos(angle) + 2 * dx * dy * StrictMath.sin(angle);
          sums[o] += Math.max(0, along) / strength;
        }
      }
    }
    for (int o = 0; o < ORIENTATIONS; o++) {
      sums[o] /= (size - 2.0) * (size - 2.0);
    }
    return sums;
  }

  private static double luminance(BufferedImage image, int column, int row) {
    int rgb = image.getRGB(column, row);
    return ((rgb >> 16 & 255) + (rgb >> 8 & 255) + (rgb & 255)) / (3 * 255.0);
  }

  /**
   * The object's colour as a place in the cone of hue, saturation and brightness, [concepts][3].
   */
  static double[][] color(List<Concept> concepts) {
    return unit(
        concepts.stream()
            .map(
                concept -> {
                  double hue = 2 * Math.PI * concept.get(Latent.HUE);
                  double saturation = concept.get(Latent.SATURATION);
                  return new double[] {
                    saturation * StrictMath.cos(hue),
                    saturation * StrictMath.sin(hue),
                    concept.get(Latent.BRIGHTNESS)
                  };
                })
            .toArray(double[][]::new));
  }

  /** How long, how square and how spiky the object is, [concepts][3]. */
  static double[][] shape(List<Concept> concepts) {
    return unit(
        concepts.stream()
            .map(concept -> SHAPE.stream().mapToDouble(concept::get).toArray())
            .toArray(double[][]::new));
  }

  private static double[][] unit(double[][] rows) {
    int width = rows[0].length;
    double squares = 0;
    for (int k = 0; k < width; k++) {
      double mean = 0;
      for (double[] row : rows) {
        mean += row[k] / rows.length;
      }
      for (double[] row : rows) {
        row[k] -= mean;
        squares += row[k] * row[k];
      }
    }
    double scale = squares == 0 ? 0 : Math.sqrt(rows.length / squares);
    for (double[] row : rows) {
      for (int k = 0; k < width; k++) {
        row[k] *= scale;
      }
    }
    return rows;
  }
}
