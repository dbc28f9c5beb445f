package io.attune.clip;

import io.attune.InputException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * CLIP's byte-level BPE tokenizer, by the rule of Hugging Face's fast tokenizer: the special tokens
 * {@code <|startoftext|>} and {@code <|endoftext|>} are matched first, in the text as given and in
 * their exact spelling; what lies between is split by {@link TextSplitter}; a word's UTF-8 bytes
 * become symbols, the last one carrying {@code </w>}, which are merged in the order of merges.txt.
 * Neither HTML unescaping nor text repair is done. Safe for use by several threads.
 */
public final class Tokenizer {
  /** Words longer than this, and words beyond the capacity, are not remembered. */
  private static final int CACHED_WORD_LENGTH = 64;

  private static final int CACHE_CAPACITY = 16_384;

  private final Vocabulary vocabulary;
  private final int startId;
  private final int endId;
  private final int[] byteIds = new int[256];
  private final int[] lastByteIds = new int[256];
  private final Map<String, int[]> cache = new ConcurrentHashMap<>();

  private Tokenizer(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
    this.startId = vocabulary.id(Vocabulary.START);
    this.endId = vocabulary.id(Vocabulary.END);
    for (int b = 0; b < 256; b++) {
      String symbol = String.valueOf(ByteSymbols.symbol(b));
      byteIds[b] = vocabulary.id(symbol);
      lastByteIds[b] = vocabulary.id(symbol + Vocabulary.WORD_END);
    }
  }

  /**
   * Reads {@code vocab.json} and {@code merges.txt} of a model folder.
   *
   * @throws InputException when one is missing, damaged, or they do not belong together
   */
  public static Tokenizer load(Path modelDir) {
    return new Tokenizer(
        Vocabulary.read(modelDir.resolve("vocab.json"), modelDir.resolve("merges.txt")));
  }

  /** The id of {@code <|startoftext|>}, 49406 in the published vocabulary. */
  public int startId() {
    return startId;
  }

  /** The id of {@code <|endoftext|>}, 49407 in the published vocabulary. */
  public int endId() {
    return endId;
  }

  /** One more than the largest id: the rows that a token embedding needs. */
  public int vocabularySize() {
    return vocabulary.tokenOfId().length;
  }

  /**
   * Checks that a model can read this tokenizer's texts.
   *
   * @throws InputException if ids would lie outside its table, or texts be read off at a token that
   *     never comes
   */
  public void requireFit(ClipConfig config) {
    if (vocabularySize() > config.vocabularySize()) {
      throw new InputException(
          "vocab.json has %d tokens, config.json says vocab_size %d: they do not belong together"
              .formatted(vocabularySize(), config.vocabularySize()));
    }
    if (!config.poolsAtLargestToken() && config.endToken() != endId()) {
      throw new InputException(
          "vocab.json has the end token at %d, config.json says eos_token_id %d, where texts would be read off: they do not belong together"
              .formatted(endId(), config.endToken()));
    }
  }

  /**
   * The tokens of {@code text} between start and end token.
   *
   * @throws InputException when the text holds an unpaired surrogate
   */
  public int[] encode(String text) {
    TokenList ids = new TokenList();
    ids.add(startId);
    int from = 0;
    int at = text.indexOf("<|");
    while (at >= 0) {
      int special = specialAt(text, at);
      if (special < 0) {
        at = text.indexOf("<|", at + 1);
        continue;
      }
      encodePlain(text.substring(from, at), ids);
      ids.add(special);
      from = at + vocabulary.tokenOfId()[special].length();
      at = text.indexOf("<|", from);
    }
    encodePlain(text.substring(from), ids);
    ids.add(endId);
    return ids.toArray();
  }

  /**
   * {@link #encode} padded to {@code context} ids.
   *
   * @throws InputException when the text has more tokens than {@code context}
   */
  public int[] encodePadded(String text, int context, Padding padding) {
    return encodePadded(text, context, padding, false);
  }

  /**
   * {@link #encode} padded to {@code context} ids; with {@code truncate} a longer text keeps its
   * first {@code context} ids, the last of them replaced by the end token.
   */
  public int[] encodePadded(String text, int context, Padding padding, boolean truncate) {
    int[] ids = encode(text);
    if (context < 2) {
      throw new InputException("a context of %d tokens holds no text".formatted(context));
    }
    if (ids.length > context && !truncate) {
      throw new InputException(
          "text of %d tokens is longer than the model's context of %d; shorten it or ask for truncation: \"%s\""
              .formatted(ids.length, context, excerpt(text)));
    }
    int[] padded = Arrays.copyOf(ids, context);
    if (ids.length > context) {
      padded[context - 1] = endId;
    } else if (padding == Padding.END) {
      Arrays.fill(padded, ids.length, context, endId);
    }
    return padded;
  }

  /**
   * The text of {@code ids}: start and end tokens are left out, words end in one space except the
   * last; bytes that are not UTF-8 become U+FFFD.
   *
   * @throws InputException when an id is not in the vocabulary
   */
  public String decode(int[] ids) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (int id : ids) {
      if (id == startId || id == endId) {
        continue;
      }
      String token =
          id >= 0 && id < vocabulary.tokenOfId().length ? vocabulary.tokenOfId()[id] : null;
      if (token == null) {
        throw new InputException("token id %d is not in %s".formatted(id, vocabulary.file()));
      }
      boolean last = token.endsWith(Vocabulary.WORD_END);
      int length = last ? token.length() - Vocabulary.WORD_END.length() : token.length();
      for (int i = 0; i < length; i++) {
        int b = ByteSymbols.byteOf(token.charAt(i));
        if (b < 0) {
          bytes.writeBytes(token.substring(i, i + 1).getBytes(StandardCharsets.UTF_8));
        } else {
          bytes.write(b);
        }
      }
      if (last) {
        bytes.write(' ');
      }
    }
    String text = bytes.toString(StandardCharsets.UTF_8);
    return text.endsWith(" ") ? text.substring(0, text.length() - 1) : text;
  }

  private int specialAt(String text, int at) {
    if (text.startsWith(Vocabulary.START, at)) {
      return startId;
    }
    return text.startsWith(Vocabulary.END, at) ? endId : -1;
  }

  private void encodePlain(String text, TokenList ids) {
    for (String word : TextSplitter.split(text)) {
      int[] tokens = cache.get(word);
      if (tokens == null) {
        tokens = encodeWord(word);
        if (word.length() <= CACHED_WORD_LENGTH && cache.size() < CACHE_CAPACITY) {
          cache.put(word, tokens);
        }
      }
      ids.addAll(tokens);
    }
  }

  private int[] encodeWord(String word) {
    byte[] bytes = word.getBytes(StandardCharsets.UTF_8);
    int[] symbols = new int[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      int b = bytes[i] & 0xFF;
      symbols[i] = i == bytes.length - 1 ? lastByteIds[b] : byteIds[b];
    }
    return vocabulary.merges().apply(symbols);
  }

  private static String excerpt(String text) {
    String line = TextSplitter.normalize(text);
    return line.length() <= 60 ? line : line.substring(0, 57) + "...";
  }

  /** A growing list of ids. */
  private static final class TokenList {
    private int[] ids = new int[32];
    private int size;

    void add(int id) {
      if (size == ids.length) {
        ids = Arrays.copyOf(ids, 2 * size);
      }
      ids[size++] = id;
    }

    void addAll(int[] more) {
      for (int id : more) {
        add(id);
      }
    }

    int[] toArray() {
      return Arrays.copyOf(ids, size);
    }
  }
}
