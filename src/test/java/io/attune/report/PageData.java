package io.attune.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The data inside a page. */
final class PageData {
  private static final Pattern DATA =
      Pattern.compile(
          "<script id=\"data\" type=\"application/json\">(.*?)</script>", Pattern.DOTALL);

  private PageData() {}

  static JsonNode of(Page page) throws IOException {
    Matcher matcher = DATA.matcher(page.html());
    if (!matcher.find()) {
      throw new AssertionError("the page holds no data");
    }
    return new ObjectMapper().readTree(matcher.group(1));
  }

  /** A page without the chart library's script. */
  static String ours(Page page) {
    return page.html().replace(ECharts.script(), "");
  }
}
