package io.attune.data.synthetic;

/** Repeatable noise on the plane; the trigonometry is StrictMath's, alike on every machine. */
final class Texture {
  private Texture() {}

  /** A number on 0..1 for each cell of the integer plane. */
  static double cell(int x, int y, int salt) {
    int h = x * 0x27D4EB2F ^ y * 0x165667B1 ^ salt * 0x9E3779B9;
    h = (h ^ h >>> 15) * 0x85EBCA6B;
    h = (h ^ h >>> 13) * 0xC2B2AE35;
    return ((h ^ h >>> 16) >>> 8) * 0x1p-24;
  }

  /** Smooth noise on 0..1 that varies over about a unit. */
  static double smooth(double x, double y, int salt) {
    int i = (int) Math.floor(x);
    int j = (int) Math.floor(y);
    double u = Concept.step(x - i, 0, 1);
    double v = Concept.step(y - j, 0, 1);
    double top = cell(i, j, salt) * (1 - u) + cell(i + 1, j, salt) * u;
    double bottom = cell(i, j + 1, salt) * (1 - u) + cell(i + 1, j + 1, salt) * u;
    return top * (1 - v) + bottom * v;
  }

  /** Waves of period 1 on -1..1. */
  static double wave(double x) {
    return StrictMath.sin(2 * Math.PI * x);
  }

  /** 1 within a disk in each cell of a unit lattice, 0 between, with soft edges. */
  static double lattice(double x, double y, double radius) {
    double u = x - Math.floor(x) - 0.5;
    double v = y - Math.floor(y) - 0.5;
    return 1 - Concept.step(Math.sqrt(u * u + v * v), radius - 0.08, radius + 0.08);
  }
}
