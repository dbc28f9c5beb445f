package io.attune.data.synthetic;

/**
 * What lies behind an object.
 *
 * @param scene what is shown
 * @param shift of brightness, about 0, so that no two images of a scene are the same
 * @param horizon where ground meets sky, about 0.3
 * @param salt of the texture
 */
record Backdrop(Scene scene, double shift, double horizon, int salt) {
  static Backdrop draw(Scene scene, Draws draws) {
    return new Backdrop(
        scene, draws.uniform(-0.07, 0.07), draws.uniform(0.15, 0.45), draws.below(1 << 20));
  }

  /** The color at a place: x to the right and y downwards, both on -1..1. */
  Color at(double x, double y) {
    Color color =
        switch (scene) {
          case PLAIN -> Color.gray(0.93).mix(Color.gray(0.75), y);
          case LAWN -> y < horizon ? sky(y) : turf(x, y);
          case CLOUD -> cloud(x, y);
          case LAKE -> y < horizon - 0.2 ? sky(y) : ripples(x, y);
          case DUNE -> y < horizon + dune(x) ? sky(y) : sand(x, y);
          case FROST -> y < horizon ? new Color(0.72, 0.82, 0.93) : snow(x, y);
          case PARLOR -> y < horizon + 0.2 ? wallpaper(x, y) : boards(x, y, 0.42);
          case NIGHT -> night(x, y);
          case DESK -> boards(y * 0.7, x, 0.62);
          case TILES -> tiles(x, y);
        };
    return color.mix(shift > 0 ? Color.WHITE : Color.BLACK, Math.abs(shift));
  }

  private Color sky(double y) {
    return new Color(0.45, 0.68, 0.95).mix(new Color(0.8, 0.9, 1), (y + 1) / 1.6);
  }

  private Color turf(double x, double y) {
    double blades = Texture.smooth(x * 24, y * 9, salt);
    return new Color(0.2, 0.45, 0.12).mix(new Color(0.42, 0.68, 0.25), blades);
  }

  private Color cloud(double x, double y) {
    double puff =
        0.65 * Texture.smooth(x * 2.2 + 9, y * 3.5, salt)
            + 0.35 * Texture.smooth(x * 5, y * 8, salt + 1);
    return sky(y).mix(Color.WHITE, Concept.step(puff, 0.45, 0.75));
  }

  private Color ripples(double x, double y) {
    double wave = Texture.wave(y * 5 + 0.5 * Texture.smooth(x * 3, y * 3, salt));
    return new Color(0.1, 0.38, 0.6).mix(new Color(0.4, 0.7, 0.82), 0.5 + 0.4 * wave);
  }

  private double dune(double x) {
    return 0.12 * Texture.wave(x * 0.45 + (salt & 7) / 8.0);
  }

  private Color sand(double x, double y) {
    return new Color(0.83, 0.72, 0.5)
        .mix(new Color(0.93, 0.85, 0.66), Texture.smooth(x * 30, y * 30, salt));
  }

  private Color snow(double x, double y) {
    return new Color(0.88, 0.92, 0.97).mix(Color.WHITE, Texture.smooth(x * 6, y * 9, salt));
  }

  private Color wallpaper(double x, double y) {
    double band = Texture.wave(x * 2.5) > 0 ? 0.05 : 0;
    return new Color(0.85 - band, 0.77 - band, 0.72 - band).mix(Color.BLACK, 0.08 * (1 - y));
  }

  private Color boards(double x, double y, double value) {
    int plank = (int) Math.floor(x * 3.5);
    double tone = 0.12 * Texture.cell(plank, 0, salt);
    double vein = 0.08 * Texture.smooth(x * 20, y * 2.5, salt + plank);
    boolean gap = x * 3.5 - plank < 0.06;
    return Color.hsv(0.08, 0.5, value + tone + vein - (gap ? 0.18 : 0));
  }

  private Color night(double x, double y) {
    Color dark = new Color(0.03, 0.04, 0.12).mix(new Color(0.12, 0.12, 0.28), (y + 1) / 2);
    int i = (int) Math.floor(x * 14);
    int j = (int) Math.floor(y * 14);
    boolean star = Texture.cell(i, j, salt) > 0.965 && y < horizon;
    return star ? dark.mix(Color.WHITE, 0.85) : dark;
  }

  private Color tiles(double x, double y) {
    double u = x * 3 - Math.floor(x * 3);
    double v = y * 3 - Math.floor(y * 3);
    boolean joint = u < 0.07 || v < 0.07;
    return joint ? new Color(0.62, 0.7, 0.74) : new Color(0.84, 0.93, 0.95);
  }
}
