package io.attune.device.op;

/** The two activations of published CLIP models. */
public enum Activation {
  /** {@code x * sigmoid(1.702 x)}, in OpenAI's weights. */
  QUICK_GELU("quick_gelu"),
  /** {@code x * (1 + erf(x / sqrt 2)) / 2}. */
  GELU("gelu");

  private final String configName;

  Activation(String configName) {
    this.configName = configName;
  }

  /** Its name as {@code hidden_act} of a config.json. */
  public String configName() {
    return configName;
  }
}
