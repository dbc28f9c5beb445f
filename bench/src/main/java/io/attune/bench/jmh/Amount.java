package io.attune.bench.jmh;

/**
 * What one run of a contest amounts to, whoever does it.
 *
 * @param flops additions and multiplications it needs; 0 where memory decides
 * @param bytes that must be moved, each input read once and each output written once; 0 if not
 *     asked
 * @param items what people count, such as images; 0 for none
 * @param item its name in the plural
 */
public record Amount(double flops, double bytes, double items, String item) {
  public static Amount flops(double flops) {
    return new Amount(flops, 0, 0, "");
  }

  public static Amount bytes(double bytes) {
    return new Amount(0, bytes, 0, "");
  }

  /** Items that take so many operations altogether. */
  public static Amount items(double items, String item, double flops) {
    return new Amount(flops, 0, items, item);
  }

  /** Only the time is of interest. */
  public static Amount once() {
    return new Amount(0, 0, 0, "");
  }
}
