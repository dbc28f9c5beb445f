package io.attune.report;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The chart library's script, out of its jar. */
final class ECharts {
  private static final Pattern VERSION = Pattern.compile("(?m)^version=(\\S+)$");

  private ECharts() {}

  /** The whole minified script, licence header included. */
  static String script() {
    String properties = Resources.text("/META-INF/maven/org.webjars/echarts/pom.properties");
    Matcher version = VERSION.matcher(properties.replace("\r", ""));
    if (!version.find()) {
      throw new IllegalStateException("the echarts jar does not tell its version");
    }
    return Resources.text(
        "/META-INF/resources/webjars/echarts/" + version.group(1) + "/echarts.min.js");
  }
}
