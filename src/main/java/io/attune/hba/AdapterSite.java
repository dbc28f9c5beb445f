package io.attune.hba;

/**
 * The attention output projection of one block.
 *
 * @param tower which transformer
 * @param block 0-based
 */
public record AdapterSite(Tower tower, int block) {
  /** The two transformers of a CLIP. */
  public enum Tower {
    VISION("vision"),
    TEXT("text");

    private final String label;

    Tower(String label) {
      this.label = label;
    }

    public String label() {
      return label;
    }
  }

  /** Prefix of the adapter's tensors in files, such as {@code adapter.vision.22}. */
  public String prefix() {
    return "adapter." + tower.label() + "." + block;
  }

  /** Hugging Face's name of the adapted module. */
  public String module() {
    return tower.label() + "_model.encoder.layers." + block + ".self_attn.out_proj";
  }

  /** Numbers the tensors of this site among all sites, for the key of their first values. */
  int randomStep(int tensor) {
    return (tower.ordinal() << 20) + (block << 4) + tensor;
  }
}
