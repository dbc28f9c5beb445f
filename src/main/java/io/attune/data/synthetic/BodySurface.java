package io.attune.data.synthetic;

/** The look of a body: color, pattern, light and how much shines through. */
final class BodySurface {
  private final Concept concept;
  private final Color base;
  private final Color accent;
  private final int salt;
  private final double patchwork;
  private final double stripes;
  private final double grid;
  private final double dots;
  private final double grain;
  private final double shine;
  private final double metal;
  private final double solid;
  private final double folds;

  /**
   * @param hueShift of this image
   * @param light of this image, about 1
   */
  BodySurface(Concept concept, double hueShift, double light, int salt) {
    this.concept = concept;
    this.salt = salt;
    double saturation = concept.get(Latent.SATURATION);
    double value = concept.get(Latent.BRIGHTNESS) * light;
    Color own = Color.hsv(concept.get(Latent.HUE) + hueShift, saturation, value);
    metal = concept.high(Latent.METAL);
    base = own.mix(Color.gray(0.3 + 0.4 * value), 0.75 * metal);
    double away = value > 0.6 ? value - 0.5 : value + 0.45;
    accent = Color.hsv(concept.get(Latent.ACCENT), saturation * 0.9, away);
    patchwork = concept.high(Latent.COLORFULNESS);
    stripes = concept.high(Latent.STRIPES);
    grid = concept.high(Latent.GRID);
    dots = concept.high(Latent.DOTS);
    grain = concept.high(Latent.GRAIN);
    shine = concept.high(Latent.SHINE);
    solid = concept.get(Latent.VOLUME) * (1 - concept.high(Latent.FLATNESS));
    folds = concept.high(Latent.DRAPE);
  }

  /** How much of the background is hidden at a depth (1 at the edge), on 0..1. */
  double opacity(double depth) {
    double clear = concept.high(Latent.TRANSPARENCY);
    return 1 - clear * (0.8 - 0.45 * Concept.step(depth, 0.6, 1));
  }

  /**
   * The color at a place of the body.
   *
   * @param u along the body, 1 at the end
   * @param v across the body, 1 at the edge
   * @param stretch length over width
   * @param x to the right of the centre, 1 at the edge
   * @param y below the centre, 1 at the edge
   */
  Color at(double u, double v, double stretch, double depth, double x, double y) {
    double w = u * stretch;
    Color color = base;
    if (patchwork > 0) {
      int patch = (int) Math.floor(w * 2 + 50) * 3 + (int) Math.floor(v * 2 + 50);
      color = color.mix(Color.hsv(patch * 0.381966, 0.85, 0.95), patchwork);
    }
    if (stripes > 0) {
      color = color.mix(accent, stripes * Concept.step(Texture.wave(w * 1.9), -0.15, 0.15));
    }
    if (grid > 0) {
      double lines = Math.max(Texture.wave(w * 2.1 + 0.25), Texture.wave(v * 2.1 + 0.25));
      color = color.mix(accent, grid * Concept.step(lines, 0.55, 0.8));
    }
    if (dots > 0) {
      color = color.mix(accent, dots * Texture.lattice(w * 2 + 0.5, v * 2 + 0.5, 0.3));
    }
    if (grain > 0) {
      color = color.times(1 + grain * 0.9 * (Texture.cell(at(w), at(v), salt) - 0.55));
    }
    if (folds > 0) {
      color = color.times(1 + 0.22 * folds * Texture.wave(w * 1.3 + 0.3 * v));
    }
    return lit(color, v, depth, x, y);
  }

  private static int at(double place) {
    return (int) Math.floor(place * 11);
  }

  private Color lit(Color color, double v, double depth, double x, double y) {
    double slope = -0.45 * x - 0.6 * y - 0.35 * depth * depth;
    Color lit = color.times(1 + solid * 0.75 * slope);
    if (metal > 0) {
      lit = lit.plus(Color.WHITE, 0.28 * metal * Texture.wave(v * 0.9 + 0.15));
    }
    double fx = x + 0.32;
    double fy = y + 0.36;
    double spot = StrictMath.exp(-(fx * fx + fy * fy) / 0.035);
    double streak = StrictMath.exp(-(v + 0.5) * (v + 0.5) / 0.012);
    return lit.mix(Color.WHITE, shine * Math.max(spot, 0.55 * streak));
  }
}
