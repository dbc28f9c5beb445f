package io.attune.clip;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import io.attune.InputException;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A byte-level BPE vocabulary in CLIP's format: {@code vocab.json} (token to id) and {@code
 * merges.txt} (a pair a line, most frequent first, after an optional {@code #version} line). Read
 * strictly: what is inconsistent is refused with the file and the line.
 *
 * @param idOfToken all tokens
 * @param tokenOfId the inverse; null where no token has that id
 */
record Vocabulary(
    Map<String, Integer> idOfToken, String[] tokenOfId, BytePairMerges merges, Path file) {
  static final String START = "<|startoftext|>";
  static final String END = "<|endoftext|>";
  static final String WORD_END = "</w>";

  /** No published vocabulary comes near; an id beyond it is a damaged file. */
  private static final int MAX_ID = 1 << 22;

  static Vocabulary read(Path vocabFile, Path mergesFile) {
    Map<String, Integer> ids = readTokens(vocabFile);
    int size = 1 + ids.values().stream().mapToInt(Integer::intValue).max().orElse(-1);
    String[] tokens = new String[size];
    ids.forEach(
        (token, id) -> {
          if (tokens[id] != null) {
            throw new InputException(
                "%s: id %d is given to two tokens, '%s' and '%s'"
                    .formatted(vocabFile, id, tokens[id], token));
          }
          tokens[id] = token;
        });
    Vocabulary vocabulary =
        new Vocabulary(ids, tokens, readMerges(mergesFile, vocabFile, ids), vocabFile);
    vocabulary.id(START);
    vocabulary.id(END);
    for (int b = 0; b < 256; b++) {
      String symbol = String.valueOf(ByteSymbols.symbol(b));
      vocabulary.id(symbol);
      vocabulary.id(symbol + WORD_END);
    }
    return vocabulary;
  }

  /** The id of a token that a CLIP vocabulary must have. */
  int id(String token) {
    Integer id = idOfToken.get(token);
    if (id == null) {
      throw new InputException(
          "%s: token '%s' is missing; a CLIP vocabulary has it".formatted(file, token));
    }
    return id;
  }

  private static Map<String, Integer> readTokens(Path file) {
    JsonFactory json =
        JsonFactory.builder()
            .enable(com.fasterxml.jackson.core.StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    Map<String, Integer> ids = new HashMap<>();
    try (JsonParser parser = json.createParser(text(file))) {
      if (parser.nextToken() != JsonToken.START_OBJECT) {
        throw new InputException(file + ": expected one JSON object of token: id");
      }
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String token = parser.currentName();
        if (parser.nextToken() != JsonToken.VALUE_NUMBER_INT) {
          throw new InputException(
              "%s: token '%s': expected an integer id, found %s"
                  .formatted(file, token, parser.getText()));
        }
        long id = parser.getLongValue();
        if (id < 0 || id > MAX_ID) {
          throw new InputException(
              "%s: token '%s': id %d is outside 0..%d".formatted(file, token, id, MAX_ID));
        }
        ids.put(token, (int) id);
      }
      if (parser.nextToken() != null) {
        throw new InputException(file + ": text after the closing brace");
      }
    } catch (JsonProcessingException e) {
      throw new InputException(
          "%s: not valid JSON: %s (line %d)"
              .formatted(
                  file,
                  e.getOriginalMessage().lines().findFirst().orElse(""),
                  e.getLocation() == null ? 0 : e.getLocation().getLineNr()),
          e);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
    return ids;
  }

  private static BytePairMerges readMerges(Path file, Path vocabFile, Map<String, Integer> ids) {
    BytePairMerges merges = new BytePairMerges();
    List<String> lines = text(file).lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i);
      if (line.isEmpty() || (i == 0 && line.startsWith("#version"))) {
        continue;
      }
      int space = line.indexOf(' ');
      if (space <= 0 || space == line.length() - 1 || line.indexOf(' ', space + 1) >= 0) {
        throw new InputException(
            "%s, line %d: expected two symbols with a space between, found '%s'"
                .formatted(file, i + 1, line));
      }
      String left = line.substring(0, space);
      String right = line.substring(space + 1);
      boolean added =
          merges.add(
              known(ids, left, file, i, vocabFile),
              known(ids, right, file, i, vocabFile),
              known(ids, left + right, file, i, vocabFile));
      if (!added) {
        throw new InputException(
            "%s, line %d: merge '%s' is listed twice".formatted(file, i + 1, line));
      }
    }
    return merges;
  }

  private static int known(
      Map<String, Integer> ids, String token, Path file, int line, Path vocabFile) {
    Integer id = ids.get(token);
    if (id == null) {
      throw new InputException(
          "%s, line %d: '%s' is not in %s; the two files do not belong together"
              .formatted(file, line + 1, token, vocabFile.getFileName()));
    }
    return id;
  }

  private static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (NoSuchFileException e) {
      throw new InputException(
          file + ": no such file; a model folder needs vocab.json and merges.txt", e);
    } catch (CharacterCodingException e) {
      throw new InputException(file + ": not valid UTF-8", e);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
  }
}
