package io.attune.report;

/** Lines of a comma-separated table. */
final class Csv {
  private Csv() {}

  /** Ends a line begun with text; a NaN leaves its cell empty. */
  static void row(StringBuilder csv, String start, double... values) {
    csv.append(start);
    for (double value : values) {
      csv.append(',');
      if (!Double.isNaN(value)) {
        csv.append(value);
      }
    }
    csv.append('\n');
  }

  static String quoted(String text) {
    return text.matches("[^\",\r\n]*") ? text : "\"" + text.replace("\"", "\"\"") + "\"";
  }
}
