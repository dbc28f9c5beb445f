package io.attune.clip;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.data.RealData;
import io.attune.hba.Prompts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against ids from tokenizer_references.py, an independent implementation of the rule. */
class TokenizerTest {
  /** The small vocabulary of tokenizer_references.py: 633 tokens from the 66 prompts. */
  @TempDir static Path small;

  @BeforeAll
  static void trainTheSmallVocabulary() {
    VocabularyTrainer.train(Prompts.paper().texts(), 700, small);
  }

  private static String spaced(int[] ids) {
    return Arrays.stream(ids).mapToObj(Integer::toString).collect(Collectors.joining(" "));
  }

  private static void assertTable(Tokenizer tokenizer, String table) throws IOException {
    ObjectMapper json = new ObjectMapper();
    List<String[]> rows = Patterns.table(table);
    assertEquals(277, rows.size());
    List<String> wrong = new ArrayList<>();
    for (String[] row : rows) {
      String found = spaced(tokenizer.encode(json.readValue(row[0], String.class)));
      if (!found.equals(row[1])) {
        wrong.add(row[0] + ": expected " + row[1] + ", found " + found);
      }
    }
    assertEquals(List.of(), wrong);
  }

  @Test
  void equalsTheReferenceWithTheSmallVocabulary() throws IOException {
    assertTable(Tokenizer.load(small), "tokens-small.tsv");
  }

  @Test
  void equalsTheReferenceWithThePublishedVocabulary() throws IOException {
    Tokenizer published = Tokenizer.load(RealData.folder("clip"));
    assertEquals(49406, published.startId());
    assertEquals(49407, published.endId());
    assertEquals(49408, published.vocabularySize());
    assertArrayEquals(new int[] {49406, 3306, 1002, 49407}, published.encode("hello world"));
    assertTable(published, "tokens-published.tsv");
  }

  @Test
  void equalsASlowTokenizerOnRandomText() throws IOException {
    Map<String, Integer> ids =
        new ObjectMapper()
            .readValue(
                small.resolve("vocab.json").toFile(), new TypeReference<Map<String, Integer>>() {});
    Map<String, Integer> ranks = new HashMap<>();
    Files.readAllLines(small.resolve("merges.txt")).stream()
        .skip(1)
        .forEach(line -> ranks.put(line, ranks.size()));
    SlowTokenizer slow = new SlowTokenizer(ids, ranks);
    Tokenizer fast = Tokenizer.load(small);
    long seed = 20261122;
    System.out.println("TokenizerTest random text seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int round = 0; round < 2000; round++) {
      String text = randomText(random);
      List<Integer> found = Arrays.stream(fast.encode(text)).boxed().toList();
      assertEquals(slow.encode(text), found, () -> "text: " + escaped(text));
    }
  }

  /** Words that the vocabulary knows, cut and glued, with characters from all over Unicode. */
  private static String randomText(SplittableRandom random) {
    List<String> prompts = Prompts.paper().texts();
    String[] pieces = {"'s", "'LL", " ", "\t", "\u00A0", "<|endoftext|>", "<|", "\u0301", "\u03A3"};
    StringBuilder text = new StringBuilder();
    for (int n = random.nextInt(12); n >= 0; n--) {
      switch (random.nextInt(4)) {
        case 0 -> {
          String prompt = prompts.get(random.nextInt(prompts.size()));
          int from = random.nextInt(prompt.length());
          text.append(prompt, from, from + 1 + random.nextInt(prompt.length() - from));
        }
        case 1 -> text.append(pieces[random.nextInt(pieces.length)]);
        case 2 -> text.append((char) (32 + random.nextInt(96)));
        default -> {
          int c = random.nextInt(0x20000);
          if (c < Character.MIN_SURROGATE || c > Character.MAX_SURROGATE) {
            text.appendCodePoint(c);
          }
        }
      }
    }
    return text.toString();
  }

  private static String escaped(String text) {
    return text.codePoints().mapToObj("\\u{%04X}"::formatted).collect(Collectors.joining());
  }

  @Test
  void decodesWhatItEncodes() {
    Tokenizer tokenizer = Tokenizer.load(small);
    assertEquals("hello world !", tokenizer.decode(tokenizer.encode(" Hello  world!")));
    assertEquals("", tokenizer.decode(tokenizer.encode("")));
    String emoji = "\uD83D\uDE00";
    assertEquals(emoji, tokenizer.decode(tokenizer.encode(emoji)));
    int[] half = Arrays.copyOf(tokenizer.encode(emoji), 2);
    assertEquals("\uFFFD", tokenizer.decode(half));
    int[] beyond = {tokenizer.vocabularySize()};
    assertThrows(InputException.class, () -> tokenizer.decode(beyond));
  }

  @Test
  void padsWithZeroOrTheEndToken() {
    Tokenizer tokenizer = Tokenizer.load(small);
    int[] ids = tokenizer.encode("metallic; artificial");
    int end = tokenizer.endId();
    int[] zero = tokenizer.encodePadded("metallic; artificial", 20, Padding.ZERO);
    int[] ended = tokenizer.encodePadded("metallic; artificial", 20, Padding.END);
    assertEquals(20, zero.length);
    for (int i = 0; i < 20; i++) {
      assertEquals(i < ids.length ? ids[i] : 0, zero[i]);
      assertEquals(i < ids.length ? ids[i] : end, ended[i]);
    }
    assertArrayEquals(
        ids, tokenizer.encodePadded("metallic; artificial", ids.length, Padding.ZERO));
  }

  @Test
  void refusesALongTextUnlessItMayTruncate() {
    Tokenizer tokenizer = Tokenizer.load(small);
    String text = "one two three four five six seven";
    int[] ids = tokenizer.encode(text);
    String message =
        assertThrows(InputException.class, () -> tokenizer.encodePadded(text, 6, Padding.ZERO))
            .getMessage();
    assertEquals(
        "text of %d tokens is longer than the model's context of 6; shorten it or ask for truncation: \"%s\""
            .formatted(ids.length, text),
        message);
    int[] cut = tokenizer.encodePadded(text, 6, Padding.ZERO, true);
    assertArrayEquals(Arrays.copyOf(ids, 5), Arrays.copyOf(cut, 5));
    assertEquals(tokenizer.endId(), cut[5]);
    assertThrows(InputException.class, () -> tokenizer.encodePadded("", 1, Padding.ZERO, true));
  }

  @Test
  void mergesAWordOfAMillionLetters() {
    Tokenizer tokenizer = Tokenizer.load(small);
    int[] ids = tokenizer.encode("related".repeat(150_000));
    assertEquals("related".repeat(150_000), tokenizer.decode(ids));
  }

  @Test
  void refusesHalfACharacter() {
    Tokenizer tokenizer = Tokenizer.load(small);
    for (String text : new String[] {"a\uD83D", "\uDE00b", "\uD83Dx"}) {
      String message =
          assertThrows(InputException.class, () -> tokenizer.encode(text)).getMessage();
      assertTrue(message.contains("unpaired surrogate"), message);
    }
  }

  @Test
  void readsItsFilesStrictly(@TempDir Path folder) throws IOException {
    String vocab = Files.readString(small.resolve("vocab.json"));
    String merges = Files.readString(small.resolve("merges.txt"));
    assertRefused(
        folder,
        vocab.replace("\"<|endoftext|>\"", "\"<|end|>\""),
        merges,
        "'<|endoftext|>' is missing");
    assertRefused(folder, vocab.replace("\"a\":", "\"\u9999\":"), merges, "'a' is ");
    assertRefused(
        folder, vocab.replace("\"!\":0", "\"!\":1"), merges, "id 1 is given to two tokens");
    assertRefused(folder, vocab.replace("\"!\":0", "\"!\":-1"), merges, "id -1 is outside");
    assertRefused(folder, vocab.replace("\"!\":0", "\"!\":99999999"), merges, "outside");
    assertRefused(
        folder, vocab.replace("\"!\":0", "\"!\":0.5"), merges, "expected an integer id, found 0.5");
    assertRefused(
        folder, vocab.replace("\"!\":0", "\"!\":0,\"!\":0"), merges, "Duplicate field '!'");
    assertRefused(folder, vocab.substring(0, 900), merges, "not valid JSON");
    assertRefused(folder, vocab + "{}", merges, "text after the closing brace");
    assertRefused(folder, "[1]", merges, "expected one JSON object");
    assertRefused(
        folder, vocab, merges + "zz qq\n", "merges.txt, line 121: 'zz' is not in vocab.json");
    assertRefused(folder, vocab, merges + "a\n", "line 121: expected two symbols");
    assertRefused(folder, vocab, merges + "a b c\n", "line 121: expected two symbols");
    String twice = merges.lines().skip(1).findFirst().orElseThrow();
    assertRefused(folder, vocab, merges + twice + "\n", "is listed twice");
    Files.delete(folder.resolve("merges.txt"));
    Files.writeString(folder.resolve("vocab.json"), vocab);
    String message = assertThrows(InputException.class, () -> Tokenizer.load(folder)).getMessage();
    assertTrue(message.contains("merges.txt: no such file"), message);
    Files.writeString(folder.resolve("merges.txt"), merges.replace("#version: 0.2\n", ""));
    assertArrayEquals(
        Tokenizer.load(small).encode("flat; round"), Tokenizer.load(folder).encode("flat; round"));
  }

  private static void assertRefused(Path folder, String vocab, String merges, String expected)
      throws IOException {
    Files.writeString(folder.resolve("vocab.json"), vocab);
    Files.writeString(folder.resolve("merges.txt"), merges);
    String message = assertThrows(InputException.class, () -> Tokenizer.load(folder)).getMessage();
    assertTrue(message.contains(expected), message);
    assertFalse(message.contains("\n"), message);
  }
}
