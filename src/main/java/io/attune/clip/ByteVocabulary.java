package io.attune.clip;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.format.AtomicFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A vocabulary without merges: every byte is a token. It lets a random model of any size read text
 * before a published vocabulary is put in its place; start and end tokens have the two largest ids,
 * as there.
 */
public final class ByteVocabulary {
  private ByteVocabulary() {}

  /**
   * Writes {@code vocab.json} and {@code merges.txt} into a model folder.
   *
   * @param size of the model's token embedding, at least {@link VocabularyTrainer#SMALLEST}
   */
  public static void write(int size, Path modelFolder) {
    if (size < VocabularyTrainer.SMALLEST) {
      throw new IllegalArgumentException("a vocabulary of " + size + " has no room for the bytes");
    }
    Map<String, Integer> ids = new LinkedHashMap<>();
    for (String end : new String[] {"", Vocabulary.WORD_END}) {
      for (int b : ByteSymbols.vocabularyOrder()) {
        ids.put(ByteSymbols.symbol(b) + end, ids.size());
      }
    }
    ids.put(Vocabulary.START, size - 2);
    ids.put(Vocabulary.END, size - 1);
    try {
      AtomicFile.writeText(
          modelFolder.resolve("vocab.json"), new ObjectMapper().writeValueAsString(ids));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
    AtomicFile.writeText(modelFolder.resolve("merges.txt"), "#version: 0.2\n");
  }
}
