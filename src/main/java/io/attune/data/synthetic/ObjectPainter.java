package io.attune.data.synthetic;

/** Paints one copy of an object, part over part, at a place and size. */
final class ObjectPainter {
  private final Concept concept;
  private final Outline outline;
  private final BodySurface surface;
  private final double centerX;
  private final double centerY;
  private final double radius;
  private final double hole;
  private final double reach;

  ObjectPainter(
      Concept concept,
      BodySurface surface,
      double centerX,
      double centerY,
      double radius,
      double tilt,
      int salt) {
    this.concept = concept;
    this.surface = surface;
    this.centerX = centerX;
    this.centerY = centerY;
    this.radius = radius;
    outline = new Outline(concept, radius, tilt, salt);
    hole = 0.62 * concept.high(Latent.HOLE);
    // No part but the halo is farther out than a handle's end.
    reach = concept.high(Latent.GLOW) > 0 ? 4 : 3 * radius;
  }

  /** The color at a place of the image, given what lies behind. */
  Color over(Color behind, double imageX, double imageY) {
    double x = imageX - centerX;
    double y = imageY - centerY;
    if (x * x + y * y > reach * reach) {
      return behind;
    }
    Color color = glow(behind, x, y);
    color = plate(color, x, y);
    color = legs(color, x, y);
    color = wings(color, x, y);
    color = handle(color, x, y);
    color = body(color, x, y);
    color = leaves(color, x, y);
    color = wheels(color, x, y);
    color = panel(color, x, y);
    return eyes(color, x, y);
  }

  private Color glow(Color color, double x, double y) {
    double amount = concept.high(Latent.GLOW);
    if (amount == 0) {
      return color;
    }
    double width = 1.9 * radius;
    double halo = StrictMath.exp(-(x * x + y * y) / (width * width));
    return color.mix(new Color(1, 0.93, 0.6), 0.95 * amount * halo);
  }

  private Color plate(Color color, double x, double y) {
    double amount = concept.high(Latent.PLATE);
    if (amount == 0) {
      return color;
    }
    double below = y - 0.55 * outline.halfHeight();
    double breadth = 1.45 * Math.max(radius, outline.halfBreadth()) * amount;
    double r = ellipse(x, below, breadth, 0.42 * radius * (0.4 + 0.6 * amount));
    if (r > 1) {
      return color;
    }
    return r > 0.72 ? new Color(0.8, 0.85, 0.95) : new Color(0.97, 0.97, 0.99);
  }

  private Color legs(Color color, double x, double y) {
    double amount = concept.high(Latent.LEGS);
    double foot = outline.halfHeight() + 0.75 * radius * amount;
    if (amount == 0 || y < 0 || y > foot) {
      return color;
    }
    double spread = 0.95 * outline.halfBreadth();
    for (int leg = 0; leg < 4; leg++) {
      double place = spread * (leg / 1.5 - 1) * (0.8 + 0.25 * y / foot);
      if (Math.abs(x - place) < 0.075 * radius * (1 + amount)) {
        return bodyColor(0.55);
      }
    }
    return color;
  }

  private Color wings(Color color, double x, double y) {
    double amount = concept.high(Latent.WINGS);
    if (amount == 0) {
      return color;
    }
    double side = Math.abs(x) - 0.5 * outline.halfBreadth();
    double span = 1.15 * radius * amount;
    double along = 0.87 * (side - 0.6 * span) - 0.5 * (y + 0.45 * span);
    double across = 0.5 * (side - 0.6 * span) + 0.87 * (y + 0.45 * span);
    double r = ellipse(along, across, span, 0.42 * span);
    if (r > 1) {
      return color;
    }
    return bodyColor(1.15).mix(Color.WHITE, 0.3 + 0.25 * Texture.wave(along / span * 2));
  }

  private Color handle(Color color, double x, double y) {
    double amount = concept.high(Latent.HANDLE);
    if (amount == 0) {
      return color;
    }
    double u = -outline.along(x, y) * outline.halfLength();
    double v = outline.across(x, y) * outline.halfWidth();
    double end = outline.halfLength() + 1.25 * radius * amount;
    boolean inside = u > 0.3 * outline.halfLength() && u < end && Math.abs(v) < 0.15 * radius;
    return inside ? new Color(0.42, 0.27, 0.15).times(1.25 - Math.abs(v) / radius * 3) : color;
  }

  private Color body(Color color, double x, double y) {
    double u = outline.along(x, y);
    double v = outline.across(x, y);
    double depth = outline.depth(u, v);
    if (depth > 1 || depth < hole) {
      return color;
    }
    double stretch = outline.halfLength() / outline.halfWidth();
    Color own =
        surface.at(u, v, stretch, depth, x / outline.halfBreadth(), y / outline.halfHeight());
    double glow = concept.high(Latent.GLOW);
    Color bright = own.mix(new Color(1, 0.97, 0.8), 0.6 * glow * (1 - depth * depth));
    return color.mix(bright, surface.opacity(depth));
  }

  private Color leaves(Color color, double x, double y) {
    double amount = concept.high(Latent.LEAVES);
    if (amount == 0) {
      return color;
    }
    double top = y + outline.halfHeight();
    double length = 0.55 * radius * amount;
    for (int side = -1; side <= 1; side += 2) {
      double dx = side * x - 0.8 * length;
      double along = 0.9 * dx - 0.43 * top;
      double across = 0.43 * dx + 0.9 * top;
      double r = ellipse(along, across, length, 0.4 * length);
      if (r < 1) {
        return new Color(0.16, 0.55, 0.18).mix(new Color(0.4, 0.75, 0.3), 1 - r);
      }
    }
    boolean stem = Math.abs(x) < 0.06 * radius && Math.abs(top) < length;
    return stem ? new Color(0.2, 0.42, 0.15) : color;
  }

  private Color wheels(Color color, double x, double y) {
    double amount = concept.high(Latent.WHEELS);
    if (amount == 0) {
      return color;
    }
    double size = 0.36 * radius * amount;
    double dx = Math.abs(x) - 0.6 * outline.halfBreadth();
    double dy = y - outline.halfHeight() * 0.95;
    double r = Math.sqrt(dx * dx + dy * dy) / size;
    if (r > 1) {
      return color;
    }
    return Color.gray(r < 0.45 ? 0.75 : 0.1);
  }

  private Color panel(Color color, double x, double y) {
    double amount = concept.high(Latent.PANEL);
    double u = outline.along(x, y);
    double v = outline.across(x, y);
    if (amount == 0 || Math.abs(u) > 0.6 * amount || Math.abs(v) > 0.55 * amount) {
      return color;
    }
    boolean rim = Math.abs(u) > 0.52 * amount || Math.abs(v) > 0.45 * amount;
    return rim ? Color.gray(0.12) : new Color(0.35, 0.85, 0.9).times(0.85 - 0.3 * y / radius);
  }

  private Color eyes(Color color, double x, double y) {
    double amount = concept.high(Latent.EYES);
    if (amount == 0) {
      return color;
    }
    double size = (0.14 + 0.1 * amount) * radius;
    double dx = Math.abs(x) - 1.25 * size;
    double dy = y + 0.3 * outline.halfHeight();
    double r = Math.sqrt(dx * dx + dy * dy) / size;
    if (r > 1) {
      return color;
    }
    return r < 0.55 ? Color.gray(0.04) : Color.WHITE.mix(Color.BLACK, r > 0.9 ? 0.5 : 0);
  }

  private Color bodyColor(double factor) {
    double stretch = outline.halfLength() / outline.halfWidth();
    return surface.at(0.1, 0.1, stretch, 0.1, 0.3, 0.3).times(factor);
  }

  private static double ellipse(double x, double y, double a, double b) {
    double u = x / a;
    double v = y / b;
    return Math.sqrt(u * u + v * v);
  }
}
