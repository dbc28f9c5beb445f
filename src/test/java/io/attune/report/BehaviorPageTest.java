package io.attune.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.attune.rsa.Rdm;
import java.io.ByteArrayInputStream;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;

class BehaviorPageTest {
  @Test
  void thePageAsksTheNetworkForNothing() throws Exception {
    String html = BehaviorPage.render("report", SampleReport.of(48)).html();
    assertTrue(html.contains("default-src 'none'"), "a policy forbids requests");
    String ours = html.replace(ECharts.script(), "");
    assertFalse(ours.contains("http:") || ours.contains("https:"), "no address in our own parts");
    assertFalse(Pattern.compile("(src|href)=\"(?!data:)").matcher(ours).find());
    assertFalse(ours.contains("{{"), "every place of the template is filled");
  }

  @Test
  void theFontCanStandInAnAttributeOfASavedFigure() throws Exception {
    String ours = PageData.ours(BehaviorPage.render("report", SampleReport.of(4)));
    Matcher font = Pattern.compile("const FONT = (.)(.*)\\1;").matcher(ours);
    assertTrue(font.find(), "the page tells its font");
    assertFalse(font.group(2).contains("\""), "SVG holds it in double quotes: " + font.group(2));
  }

  @Test
  void namesCannotBreakOutOfTheData() throws Exception {
    BehaviorReport sample = SampleReport.of(4);
    List<String> names = List.of("</script><b>", "{{script}}", "a\"b", "c,d");
    BehaviorReport hostile =
        new BehaviorReport(
            "<i>",
            "{{data}}",
            sample.facts(),
            sample.scores(),
            Rdm.ofCondensed(names, sample.human().condensed()),
            Rdm.ofCondensed(names, sample.before().condensed()),
            Rdm.ofCondensed(names, sample.after().condensed()),
            List.of(),
            0,
            List.of(),
            List.of());
    Page page = BehaviorPage.render("report", hostile);
    JsonNode data = PageData.of(page);
    assertEquals(new HashSet<>(names), strings(data.at("/rdms/names")));
    assertTrue(page.html().contains("<title>&lt;i&gt;</title>"));
    String table = page.tables().get("report-rdms.csv");
    assertTrue(table.contains("\"a\"\"b\"") && table.contains("\"c,d\""), table);
    assertEquals(
        List.of("report-rdms.csv", "report-scores.csv"), List.copyOf(page.tables().keySet()));
  }

  @Test
  void theDataIsWhatWasGiven() throws Exception {
    BehaviorReport sample = SampleReport.of(48);
    Page page = BehaviorPage.render("report", sample);
    JsonNode data = PageData.of(page);
    assertEquals(1128, data.at("/rdms/human").size());
    assertEquals(1128, data.at("/scatter/points").size());
    List<String> order = List.copyOf(sample.human().select(names(data)).names());
    Rdm human = sample.human().select(order);
    assertEquals(human.condensed()[5], data.at("/rdms/human/5").asDouble(), 1e-4);
    assertEquals(61, data.at("/epochs").size());
    assertTrue(data.at("/epochs/0/train").isNull(), "NaN is left out");
    assertEquals(0.86, data.at("/scores/0/ceiling").asDouble());
    assertTrue(data.at("/scores/1/ceiling").isMissingNode());
    assertEquals(1129, page.tables().get("report-rdms.csv").lines().count());
    assertTrue(page.tables().get("report-epochs.csv").contains("\n0,,160.0,0.31\n"));
  }

  @Test
  void rowsStandBesideWhatIsAlike() throws Exception {
    List<String> order = SimilarityOrder.of(SampleReport.of(48).human());
    assertEquals(48, Set.copyOf(order).size());
    int changes = 0;
    for (int i = 1; i < order.size(); i++) {
      changes += order.get(i).charAt(7) == order.get(i - 1).charAt(7) ? 0 : 1;
    }
    assertTrue(changes < 12, "six kinds stay together, but the kind changes " + changes + " times");
  }

  @Test
  void largeMatricesArePictures() throws Exception {
    BehaviorReport sample = SampleReport.of(130);
    JsonNode data = PageData.of(BehaviorPage.render("report", sample));
    String uri = data.at("/rdms/after").asText();
    byte[] png = Base64.getDecoder().decode(uri.substring(uri.indexOf(',') + 1));
    assertEquals(130, ImageIO.read(new ByteArrayInputStream(png)).getWidth());
    assertTrue(data.at("/scatter/points").size() <= 4000);
    assertTrue(data.at("/rdms/names").isMissingNode());
  }

  @Test
  void percentilesRunFromZeroToOneAndKeepNan() {
    Rdm rdm = Rdm.ofCondensed(List.of("a", "b", "c"), new double[] {5, Double.NaN, -1});
    double[] ranks = Percentiles.of(rdm).condensed();
    assertEquals(1, ranks[0]);
    assertTrue(Double.isNaN(ranks[1]));
    assertEquals(0, ranks[2]);
  }

  private static List<String> names(JsonNode data) {
    return data.at("/rdms/names").valueStream().map(JsonNode::asText).toList();
  }

  private static Set<String> strings(JsonNode array) {
    Set<String> strings = new HashSet<>();
    array.forEach(node -> strings.add(node.asText()));
    return strings;
  }
}
