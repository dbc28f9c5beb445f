package io.attune.clip;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.format.AtomicFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Trains a byte-level BPE vocabulary in CLIP's format (Sennrich et al. 2016): 256 byte symbols, the
 * same with {@code </w>}, one token for each merge, then the start and the end token, so that the
 * end token has the largest id. Merges the most frequent pair of neighbours each time, of equally
 * frequent ones that with the smallest ids, so that the same texts always give the same files.
 */
public final class VocabularyTrainer {
  /** Tokens that every vocabulary has: bytes, bytes at a word's end, start and end. */
  public static final int SMALLEST = 2 * 256 + 2;

  /** A pair seen once is a word's accident; it is never merged. */
  private static final int LEAST_COUNT = 2;

  private final List<String> tokens = new ArrayList<>();
  private final Map<String, Integer> ids = new HashMap<>();
  private final List<String> merges = new ArrayList<>();
  private final List<Word> words;

  /** A distinct word: its symbols so far, and how often it occurs. */
  private static final class Word {
    int[] symbols;
    final long count;

    Word(int[] symbols, long count) {
      this.symbols = symbols;
      this.count = count;
    }
  }

  private VocabularyTrainer(Iterable<String> texts) {
    for (String end : new String[] {"", Vocabulary.WORD_END}) {
      for (int b : ByteSymbols.vocabularyOrder()) {
        add(ByteSymbols.symbol(b) + end);
      }
    }
    Map<String, Long> counts = new TreeMap<>();
    for (String text : texts) {
      for (String word : TextSplitter.split(text)) {
        counts.merge(word, 1L, Long::sum);
      }
    }
    words = new ArrayList<>(counts.size());
    counts.forEach((word, count) -> words.add(new Word(symbols(word), count)));
  }

  /**
   * Trains on {@code texts} and writes {@code vocab.json} and {@code merges.txt} into {@code
   * modelDir}.
   *
   * @param size tokens wanted; fewer come out when no pair occurs twice any more
   * @return the tokens that the vocabulary has
   * @throws InputException when size is below {@link #SMALLEST} or a file cannot be written
   */
  public static int train(Iterable<String> texts, int size, Path modelDir) {
    if (size < SMALLEST) {
      throw new InputException(
          "a vocabulary of %d tokens is too small; the bytes and special tokens alone are %d"
              .formatted(size, SMALLEST));
    }
    VocabularyTrainer trainer = new VocabularyTrainer(texts);
    while (trainer.tokens.size() + 2 < size && trainer.mergeMostFrequent()) {}
    trainer.add(Vocabulary.START);
    trainer.add(Vocabulary.END);
    trainer.write(modelDir);
    return trainer.tokens.size();
  }

  private int add(String token) {
    return ids.computeIfAbsent(
        token,
        t -> {
          tokens.add(t);
          return tokens.size() - 1;
        });
  }

  private int[] symbols(String word) {
    byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
    int[] symbols = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      String symbol = String.valueOf(ByteSymbols.symbol(bytes[i] & 0xFF));
      symbols[i] = ids.get(i == bytes.length - 1 ? symbol + Vocabulary.WORD_END : symbol);
    }
    return symbols;
  }

  private boolean mergeMostFrequent() {
    Map<Long, Long> counts = new HashMap<>();
    for (Word word : words) {
      for (int i = 0; i + 1 < word.symbols.length; i++) {
        counts.merge(pair(word.symbols[i], word.symbols[i + 1]), word.count, Long::sum);
      }
    }
    long best = -1;
    long bestCount = LEAST_COUNT - 1;
    for (Map.Entry<Long, Long> entry : counts.entrySet()) {
      long count = entry.getValue();
      if (count > bestCount || (count == bestCount && best >= 0 && entry.getKey() < best)) {
        best = entry.getKey();
        bestCount = count;
      }
    }
    if (best < 0) {
      return false;
    }
    int left = (int) (best >>> 32);
    int right = (int) best;
    // Two different splits may give one token; the second merge then adds no token.
    int merged = add(tokens.get(left) + tokens.get(right));
    merges.add(tokens.get(left) + " " + tokens.get(right));
    for (Word word : words) {
      word.symbols = merge(word.symbols, left, right, merged);
    }
    return true;
  }

  private static int[] merge(int[] symbols, int left, int right, int merged) {
    int[] out = new int[symbols.length];
    int n = 0;
    for (int i = 0; i < symbols.length; i++) {
      if (i + 1 < symbols.length && symbols[i] == left && symbols[i + 1] == right) {
        out[n++] = merged;
        i++;
      } else {
        out[n++] = symbols[i];
      }
    }
    return n == symbols.length ? symbols : java.util.Arrays.copyOf(out, n);
  }

  private static long pair(int left, int right) {
    return (long) left << 32 | right;
  }

  private void write(Path modelDir) {
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    for (int id = 0; id < tokens.size(); id++) {
      vocabulary.put(tokens.get(id), id);
    }
    try {
      AtomicFile.writeText(
          modelDir.resolve("vocab.json"), new ObjectMapper().writeValueAsString(vocabulary));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e); // a map of strings to integers always has a text
    }
    StringBuilder lines = new StringBuilder("#version: 0.2\n");
    merges.forEach(merge -> lines.append(merge).append('\n'));
    AtomicFile.writeText(modelDir.resolve("merges.txt"), lines.toString());
  }
}
