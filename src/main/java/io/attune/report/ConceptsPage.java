package io.attune.report;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.report.ConceptsReport.Run;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/** Alignment against the number of concepts as one HTML file, with no network use. */
public final class ConceptsPage {
  private ConceptsPage() {}

  /**
   * Renders a report.
   *
   * @param name of the HTML file without its extension; its table is {@code NAME-concepts.csv}
   */
  public static Page render(String name, ConceptsReport report) {
    List<Run> runs =
        report.runs().stream()
            .sorted(Comparator.comparingInt(Run::concepts).thenComparing(Run::name))
            .toList();
    ObjectNode data = PageTemplate.data(name);
    PageTemplate.facts(data, report.facts());
    Digits.put(data, "plain", report.plain());
    ArrayNode array = data.putArray("runs");
    StringBuilder csv = new StringBuilder("run,concepts,spearman\n");
    Csv.row(csv, "CLIP,0", report.plain());
    for (Run run : runs) {
      ObjectNode node = array.addObject().put("name", run.name()).put("concepts", run.concepts());
      Digits.put(node, "spearman", run.spearman());
      Csv.row(csv, Csv.quoted(run.name()) + "," + run.concepts(), run.spearman());
    }
    TreeMap<String, String> tables = new TreeMap<>();
    tables.put(name + "-concepts.csv", csv.toString());
    String html =
        PageTemplate.fill(
            "How many concepts does it take?",
            "Models tuned on more and more concepts, scored on the same objects that trained none"
                + " of them: Spearman correlation of their dissimilarities with people's.",
            Resources.text("concepts.html"),
            Resources.text("concepts.js"),
            data);
    return new Page(html, tables);
  }
}
