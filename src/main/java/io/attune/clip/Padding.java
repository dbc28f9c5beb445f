package io.attune.clip;

/** What fills the context after the end token. */
public enum Padding {
  /** Id 0, as OpenAI's tokenizer and the {@code paper} preset have it. */
  ZERO,
  /** The end token again, as Hugging Face's CLIP tokenizer has it. */
  END
}
