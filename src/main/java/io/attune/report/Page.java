package io.attune.report;

import java.util.Map;
import java.util.SortedMap;
import java.util.stream.Collectors;

/**
 * A finished report.
 *
 * @param html the whole page, scripts and pictures included
 * @param tables the data of its figures: file name to CSV text, to be written beside the page
 */
public record Page(String html, SortedMap<String, String> tables) {
  private static final String PLACE = "<nav></nav>";

  /**
   * The page with links to others below its title.
   *
   * @param links file names beside this page and what they are called, in the order shown
   */
  public Page linked(Map<String, String> links) {
    String anchors =
        links.entrySet().stream()
            .map(
                link ->
                    "<a href=\"%s\">%s</a>"
                        .formatted(
                            PageTemplate.escape(link.getKey()),
                            PageTemplate.escape(link.getValue())))
            .collect(Collectors.joining(" · "));
    return new Page(html.replace(PLACE, "<nav>" + anchors + "</nav>"), tables);
  }
}
