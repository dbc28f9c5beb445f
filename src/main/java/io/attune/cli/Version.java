package io.attune.cli;

import picocli.CommandLine.IVersionProvider;

/** What runs: Attune's version from the jar's manifest, Java and the system. */
final class Version implements IVersionProvider {
  @Override
  public String[] getVersion() {
    return new String[] {text()};
  }

  /** One line, such as {@code attune 0.1.0 (Java 25.0.1, Linux amd64)}. */
  static String text() {
    String version = Attune.class.getPackage().getImplementationVersion();
    return "attune "
        + (version == null ? "(not packaged)" : version)
        + " (Java "
        + Runtime.version().toString().replaceFirst("[+].*", "")
        + ", "
        + System.getProperty("os.name")
        + " "
        + System.getProperty("os.arch")
        + ")";
  }
}
