package io.attune.clip;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

/** A vocabulary that is not the model's is refused before it could give wrong numbers. */
class TokenizerFitTest {
  private static final Path TINY = Path.of("weights/clip-tiny");
  private final Tokenizer tokenizer = Tokenizer.load(TINY);
  private final ClipConfig config = ClipConfig.read(TINY);

  @Test
  void itsOwnModelFits() {
    tokenizer.requireFit(config);
  }

  @Test
  void anEndTokenThatNeverComesIsRefused() {
    int vocabulary = config.vocabularySize();
    InputException e =
        assertThrows(
            InputException.class,
            () -> tokenizer.requireFit(config.withVocabulary(vocabulary, config.endToken() - 1)));
    assertTrue(e.getMessage().contains("eos_token_id"), e.getMessage());
  }

  @Test
  void idsBeyondTheTableAreRefused() {
    InputException e =
        assertThrows(
            InputException.class,
            () -> tokenizer.requireFit(config.withVocabulary(config.vocabularySize() - 1, 2)));
    assertTrue(e.getMessage().contains("vocab_size"), e.getMessage());
  }
}
