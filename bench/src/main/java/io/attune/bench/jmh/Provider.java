package io.attune.bench.jmh;

/** What can enter a contest. The first that is present beside ours is the one ratios are to. */
public enum Provider {
  ATTUNE("attune"),
  LIBTORCH("libtorch"),
  NUMPY("numpy"),
  PIL("pil"),
  EJML("ejml"),
  NETLIB("netlib");

  private final String label;

  Provider(String label) {
    this.label = label;
  }

  /** As options and results name it. */
  public String label() {
    return label;
  }

  /** The one with this label. */
  public static Provider of(String label) {
    for (Provider provider : values()) {
      if (provider.label.equals(label)) {
        return provider;
      }
    }
    throw new IllegalArgumentException("no provider is named " + label);
  }
}
