package io.attune.rsa;

import java.util.List;

/** Lists of names as error messages tell them. */
final class Names {
  private static final int SHOWN = 8;

  private Names() {}

  /** The first few and how many there are, as in {@code 60: axe, bag, ... (8 shown)}. */
  static String list(List<String> names) {
    if (names.isEmpty()) {
      return "none";
    }
    String shown = String.join(", ", names.subList(0, Math.min(SHOWN, names.size())));
    return names.size() <= SHOWN
        ? names.size() + ": " + shown
        : names.size() + ": " + shown + ", ... (" + SHOWN + " shown)";
  }
}
