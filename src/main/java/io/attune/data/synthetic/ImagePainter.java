package io.attune.data.synthetic;

import io.attune.data.synthetic.Draws.Purpose;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/**
 * Draws the images of concepts. Instances of one concept differ a little in place, size, tilt, hue,
 * light and background. Pixels are the same on every machine.
 */
final class ImagePainter {
  private static final int SUPERSAMPLING = 2;

  private ImagePainter() {}

  /**
   * An image of a concept.
   *
   * @param item number of the concept, which with the seed and the instance settles the variation
   * @param size of the square image, in pixels
   */
  static BufferedImage paint(Concept concept, long seed, int item, int instance, int size) {
    Draws draws = new Draws(seed, Purpose.INSTANCE, item * 100 + instance);
    Backdrop backdrop = Backdrop.draw(concept.scene(), draws);
    List<ObjectPainter> copies = copies(concept, draws);
    BufferedImage image = new BufferedImage(size, size, BufferedImage.TYPE_INT_RGB);
    for (int row = 0; row < size; row++) {
      for (int column = 0; column < size; column++) {
        image.setRGB(column, row, pixel(backdrop, copies, column, row, size));
      }
    }
    return image;
  }

  private static List<ObjectPainter> copies(Concept concept, Draws draws) {
    double light = draws.uniform(0.9, 1.1);
    BodySurface surface =
        new BodySurface(concept, draws.uniform(-0.015, 0.015), light, draws.below(1 << 20));
    int count = 1 + (int) Math.round(8 * concept.high(Latent.COUNT) * concept.get(Latent.COUNT));
    int columns = (int) Math.ceil(Math.sqrt(count));
    int rows = (count + columns - 1) / columns;
    double size = (0.3 + 0.32 * concept.get(Latent.SIZE)) * draws.uniform(0.93, 1.07);
    double radius = count == 1 ? size : Math.min(size, 0.8 / columns) * 0.95;
    double tilt = draws.uniform(-0.14, 0.14);
    List<ObjectPainter> copies = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double jitter = count == 1 ? 0.08 : 0.05;
      double x = count == 1 ? 0 : ((i % columns) + 0.5) * 2 / columns - 1;
      double y = count == 1 ? 0 : ((i / columns) + 0.5) * 2 / rows - 1;
      copies.add(
          new ObjectPainter(
              concept,
              surface,
              0.88 * x + draws.uniform(-jitter, jitter),
              0.88 * y + draws.uniform(-jitter, jitter),
              radius,
              tilt + (count == 1 ? 0 : draws.uniform(-0.2, 0.2)),
              i));
    }
    return copies;
  }

  private static int pixel(
      Backdrop backdrop, List<ObjectPainter> copies, int column, int row, int size) {
    double r = 0;
    double g = 0;
    double b = 0;
    for (int sample = 0; sample < SUPERSAMPLING * SUPERSAMPLING; sample++) {
      double dx = (sample % SUPERSAMPLING + 0.5) / SUPERSAMPLING;
      double dy = (sample / SUPERSAMPLING + 0.5) / SUPERSAMPLING;
      double x = 2 * (column + dx) / size - 1;
      double y = 2 * (row + dy) / size - 1;
      Color color = backdrop.at(x, y);
      for (ObjectPainter copy : copies) {
        color = copy.over(color, x, y);
      }
      r += Math.clamp(color.r(), 0.0, 1.0);
      g += Math.clamp(color.g(), 0.0, 1.0);
      b += Math.clamp(color.b(), 0.0, 1.0);
    }
    double scale = 255.0 / (SUPERSAMPLING * SUPERSAMPLING);
    return (int) Math.round(r * scale) << 16
        | (int) Math.round(g * scale) << 8
        | (int) Math.round(b * scale);
  }
}
