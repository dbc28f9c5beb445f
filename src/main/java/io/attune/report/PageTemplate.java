package io.attune.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The frame that all reports share: style, chart library, data and scripts in one HTML file whose
 * content security policy forbids every network request.
 */
final class PageTemplate {
  private static final Pattern PLACE = Pattern.compile("\\{\\{(\\w+)}}");
  private static final ObjectMapper JSON = new ObjectMapper();

  private PageTemplate() {}

  /** An empty page's data. */
  static ObjectNode data(String name) {
    ObjectNode data = JSON.createObjectNode().put("name", name);
    ArrayNode stops = data.putArray("viridis");
    for (int rgb : Viridis.STOPS) {
      stops.add(String.format("#%06x", rgb));
    }
    return data;
  }

  static void facts(ObjectNode data, List<Fact> facts) {
    ArrayNode array = data.putArray("facts");
    for (Fact fact : facts) {
      array.addObject().put("name", fact.name()).put("value", fact.value());
    }
  }

  /**
   * The whole page.
   *
   * @param sections HTML between the summary and the list of what was run
   * @param script that draws the sections from the data
   */
  static String fill(
      String title, String summary, String sections, String script, ObjectNode data) {
    Map<String, String> values =
        Map.of(
            "title", escape(title),
            "summary", escape(summary),
            "sections", sections,
            "style", Resources.text("report.css"),
            "data", embed(data),
            "figures", Resources.text("figures.js"),
            "script", script,
            "echarts", ECharts.script());
    // What a value holds is never taken for a place.
    return PLACE
        .matcher(Resources.text("page.html"))
        .replaceAll(place -> Matcher.quoteReplacement(values.get(place.group(1))));
  }

  /** A PNG's or JPEG's data URI. */
  static String dataUri(byte[] image) {
    String type = image.length > 0 && image[0] == (byte) 0xff ? "jpeg" : "png";
    return "data:image/" + type + ";base64," + Base64.getEncoder().encodeToString(image);
  }

  /** JSON that cannot end the script element it stands in. */
  private static String embed(ObjectNode data) {
    try {
      return JSON.writeValueAsString(data).replace("<", "\\u003c");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
