package io.attune.clip;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.hba.Prompts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against the vocabularies that tokenizer_references.py trains on the same prompts. */
class VocabularyTrainerTest {
  @TempDir Path folder;

  @Test
  void writesTheSameFilesAsTheReference() throws IOException {
    List<String[]> rows = Patterns.table("vocabularies.tsv");
    assertEquals(4, rows.size());
    for (String[] row : rows) {
      int got = VocabularyTrainer.train(Prompts.paper().texts(), Integer.parseInt(row[0]), folder);
      assertEquals(Integer.parseInt(row[1]), got);
      assertEquals(row[2], Patterns.crc(Files.readAllBytes(folder.resolve("vocab.json"))));
      assertEquals(row[3], Patterns.crc(Files.readAllBytes(folder.resolve("merges.txt"))));
    }
  }

  @Test
  void makesAWordOftenSeenOneToken() {
    VocabularyTrainer.train(List.of("a red ball", "a red cup", "two red balls"), 540, folder);
    Tokenizer tokenizer = Tokenizer.load(folder);
    assertEquals(tokenizer.vocabularySize() - 1, tokenizer.endId());
    assertEquals(tokenizer.endId() - 1, tokenizer.startId());
    assertEquals(3, tokenizer.encode("red").length);
    assertEquals("a red ball", tokenizer.decode(tokenizer.encode("a red ball")));
  }

  @Test
  void staysWithBytesWhereNothingRepeats() {
    assertEquals(514, VocabularyTrainer.train(List.of(), 1000, folder));
    assertEquals(5, Tokenizer.load(folder).encode("red").length);
  }

  @Test
  void refusesASizeBelowTheBytes() {
    String message =
        assertThrows(InputException.class, () -> VocabularyTrainer.train(List.of(), 513, folder))
            .getMessage();
    assertTrue(message.contains("514"), message);
  }
}
