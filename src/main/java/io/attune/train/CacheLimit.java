package io.attune.train;

import io.attune.InputException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How many bytes of constant activations may be kept.
 *
 * @param kind how the limit is found
 * @param bytes for SIZE
 */
public record CacheLimit(Kind kind, long bytes) {
  /** What fits the memory that is free. */
  public static final CacheLimit AUTO = new CacheLimit(Kind.AUTO, 0);

  /** Nothing: everything is recomputed in every step. */
  public static final CacheLimit OFF = new CacheLimit(Kind.OFF, 0);

  private static final Pattern SIZE = Pattern.compile("(\\d{1,15})([kmgt]?)(?:i?b)?");

  /** How the limit is found. */
  public enum Kind {
    AUTO,
    OFF,
    SIZE
  }

  /**
   * Reads {@code auto}, {@code off} or a size such as {@code 800m} or {@code 4g}, in powers of
   * 1024.
   *
   * @throws InputException if it is none of these
   */
  public static CacheLimit parse(String text) {
    String lower = text.strip().toLowerCase(Locale.ROOT);
    if (lower.equals("auto")) {
      return AUTO;
    }
    if (lower.equals("off")) {
      return OFF;
    }
    Matcher matcher = SIZE.matcher(lower);
    if (!matcher.matches()) {
      throw new InputException(
          "cache: '" + text + "' is not a limit - use auto, off or a size such as 800m or 4g");
    }
    int power = matcher.group(2).isEmpty() ? 0 : 1 + "kmgt".indexOf(matcher.group(2));
    double bytes = Double.parseDouble(matcher.group(1)) * Math.pow(1024, power);
    return new CacheLimit(Kind.SIZE, (long) bytes);
  }
}
