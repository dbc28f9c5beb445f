package io.attune.report;

/**
 * Blue to green to yellow, even in lightness and readable with any colour vision: a piecewise
 * linear scale through nine of viridis's colours.
 */
final class Viridis {
  /** From lowest to highest, as RGB. */
  static final int[] STOPS = {
    0x440154, 0x472d7b, 0x3b528b, 0x2c728e, 0x21918c, 0x28ae80, 0x5ec962, 0xaddc30, 0xfde725
  };

  private Viridis() {}

  /** The RGB colour of a value on 0..1. */
  static int rgb(double value) {
    double place = Math.clamp(value, 0, 1) * (STOPS.length - 1);
    int low = Math.min((int) place, STOPS.length - 2);
    double share = place - low;
    int rgb = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      int from = STOPS[low] >> shift & 0xff;
      int to = STOPS[low + 1] >> shift & 0xff;
      rgb |= (int) Math.round(from + share * (to - from)) << shift;
    }
    return rgb;
  }
}
