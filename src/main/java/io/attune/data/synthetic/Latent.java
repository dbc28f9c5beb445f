package io.attune.data.synthetic;

/**
 * What describes an object, each on 0..1, and each visible in its images. {@link #HUE} and {@link
 * #ACCENT} go round: 1 is 0 again.
 */
enum Latent {
  HUE,
  SATURATION,
  BRIGHTNESS,
  /** Hue of the pattern. */
  ACCENT,
  /** Patches of many hues. */
  COLORFULNESS,
  ELONGATION,
  /** 0 lies, 1 stands. */
  UPRIGHT,
  SQUARENESS,
  SPIKINESS,
  /** Number of spikes, from 3 to 14. */
  POINTS,
  TAPER,
  HOLE,
  SIZE,
  /** Number of copies, from 1 to 9. */
  COUNT,
  BEND,
  /** Shaded as a solid. */
  VOLUME,
  /** Against volume: no shading at all. */
  FLATNESS,
  STRIPES,
  GRID,
  DOTS,
  GRAIN,
  /** Hairy outline. */
  FUZZ,
  SHINE,
  TRANSPARENCY,
  METAL,
  GLOW,
  LEGS,
  WHEELS,
  WINGS,
  HANDLE,
  EYES,
  LEAVES,
  PLATE,
  /** An inset screen. */
  PANEL,
  /** Folds and a wavy outline. */
  DRAPE;

  static Latent named(String name) {
    return valueOf(name.toUpperCase(java.util.Locale.ROOT));
  }
}
