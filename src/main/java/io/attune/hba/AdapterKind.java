package io.attune.hba;

import io.attune.InputException;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The adapters on offer. The first is the paper's; it is not what PEFT calls DoRA. */
public enum AdapterKind {
  /** The paper's DoRA: on the directions of W0, the norm differentiated through. */
  DORA("dora"),
  /** PEFT's DoRA: on W0 itself, the norm a constant in the backward pass. */
  DORA_PEFT("dora-peft"),
  /** LoRA: a low-rank term added to W0. */
  LORA("lora");

  private final String label;

  AdapterKind(String label) {
    this.label = label;
  }

  /** Its name on the command line and in a run's config. */
  public String label() {
    return label;
  }

  /**
   * The kind called {@code label}.
   *
   * @throws InputException if there is none
   */
  public static AdapterKind named(String label) {
    return Arrays.stream(values())
        .filter(kind -> kind.label.equals(label))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "adapter: '%s' is unknown - use one of %s"
                        .formatted(
                            label,
                            Arrays.stream(values())
                                .map(AdapterKind::label)
                                .collect(Collectors.joining(", ")))));
  }
}
