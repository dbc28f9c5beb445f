package io.attune.data.synthetic;

/**
 * The body's outline: a superellipse, elongated, bent, tapered, with spikes and hairs. In its own
 * frame u runs along the long axis and v across, from -1 to 1 each at the edge.
 */
final class Outline {
  private static final double TURN = 2 * Math.PI;

  private final double halfLength;
  private final double halfWidth;
  private final double cos;
  private final double sin;
  private final double bend;
  private final double taper;
  private final double exponent;
  private final double spikes;
  private final int points;
  private final double hairs;
  private final double scallops;
  private final int salt;

  /**
   * @param radius of the body were it a disk, in the image's units
   * @param tilt added to the concept's own angle, in radians
   */
  Outline(Concept concept, double radius, double tilt, int salt) {
    double elongation = concept.get(Latent.ELONGATION);
    double aspect = 1 + 3.6 * elongation * Math.sqrt(elongation);
    // Long things keep less than their area, or they would leave the image.
    halfLength = radius * Math.sqrt(Math.min(aspect, 2.4));
    halfWidth = halfLength / aspect;
    double angle = -concept.get(Latent.UPRIGHT) * Math.PI / 2 + tilt;
    cos = StrictMath.cos(angle);
    sin = StrictMath.sin(angle);
    bend = 0.9 * concept.get(Latent.BEND);
    taper = 0.8 * concept.get(Latent.TAPER);
    exponent = 2 + 10 * concept.high(Latent.SQUARENESS) * concept.get(Latent.SQUARENESS);
    spikes = 0.55 * concept.high(Latent.SPIKINESS) * concept.get(Latent.SPIKINESS);
    points = 3 + (int) Math.round(11 * concept.get(Latent.POINTS));
    hairs = 0.28 * concept.high(Latent.FUZZ) * concept.get(Latent.FUZZ);
    scallops = 0.12 * concept.high(Latent.DRAPE);
    this.salt = salt;
  }

  double halfLength() {
    return halfLength;
  }

  double halfWidth() {
    return halfWidth;
  }

  /** Half the height of the upright box around the body. */
  double halfHeight() {
    return halfLength * Math.abs(sin) + halfWidth * Math.abs(cos);
  }

  /** Half the width of the upright box around the body. */
  double halfBreadth() {
    return halfLength * Math.abs(cos) + halfWidth * Math.abs(sin);
  }

  /** Position along the long axis of a point relative to the body's centre, 1 at the end. */
  double along(double x, double y) {
    return (x * cos + y * sin) / halfLength;
  }

  /** Position across, 1 at the edge of the widest place, straightened where the body is bent. */
  double across(double x, double y) {
    double u = along(x, y);
    double straight = (y * cos - x * sin) / halfWidth;
    double sag = bend * (u * u - 0.4) * Math.min(1.6, halfLength / halfWidth * 0.6);
    double width = 1 - taper * Math.clamp((u + 1) / 2, 0.0, 1.0);
    return (straight - sag) / Math.max(0.08, width);
  }

  /** How far out a point is: 0 at the centre, 1 at the edge. */
  double depth(double u, double v) {
    double p = Math.abs(u);
    double q = Math.abs(v);
    double larger = Math.max(p, q);
    if (larger < 1e-9) {
      return 0;
    }
    double ratio = Math.min(p, q) / larger;
    double radius = larger * StrictMath.pow(1 + StrictMath.pow(ratio, exponent), 1 / exponent);
    return radius / edge(u, v);
  }

  private double edge(double u, double v) {
    if (spikes == 0 && hairs == 0 && scallops == 0) {
      return 1;
    }
    double turn = StrictMath.atan2(v, u) / TURN + 0.5;
    double phase = turn * points;
    double tooth = 2 * Math.abs(phase - Math.floor(phase) - 0.5);
    double hair = Texture.cell((int) (turn * 60), 0, salt);
    double scallop = Texture.wave(turn * 9);
    return 1 + spikes * (1.2 * tooth - 0.75) + hairs * (hair - 0.5) + scallops * scallop;
  }
}
