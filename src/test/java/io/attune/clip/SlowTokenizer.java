package io.attune.clip;

import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The tokenizer's rule written the plain way: a regular expression and the textbook BPE loop. */
final class SlowTokenizer {
  private static final Pattern WORDS =
      Pattern.compile("'s|'t|'re|'ve|'m|'ll|'d|\\p{L}+|\\p{N}|[^\\p{IsWhite_Space}\\p{L}\\p{N}]+");
  private static final Pattern SPECIALS = Pattern.compile("<\\|startoftext\\|>|<\\|endoftext\\|>");

  private final Map<String, Integer> ids;
  private final Map<String, Integer> ranks;

  SlowTokenizer(Map<String, Integer> ids, Map<String, Integer> ranks) {
    this.ids = ids;
    this.ranks = ranks;
  }

  List<Integer> encode(String text) {
    List<Integer> out = new ArrayList<>();
    out.add(ids.get("<|startoftext|>"));
    Matcher special = SPECIALS.matcher(text);
    int from = 0;
    while (special.find()) {
      plain(text.substring(from, special.start()), out);
      out.add(ids.get(special.group()));
      from = special.end();
    }
    plain(text.substring(from), out);
    out.add(ids.get("<|endoftext|>"));
    return out;
  }

  private void plain(String text, List<Integer> out) {
    String composed = Normalizer.normalize(text, Normalizer.Form.NFC);
    StringBuilder lower = new StringBuilder();
    composed
        .codePoints()
        .forEach(c -> lower.append(Character.toString(c).toLowerCase(java.util.Locale.ROOT)));
    Matcher word = WORDS.matcher(lower);
    while (word.find()) {
      List<String> parts = new ArrayList<>();
      for (byte b : word.group().getBytes(StandardCharsets.UTF_8)) {
        parts.add(String.valueOf(ByteSymbols.symbol(b & 0xFF)));
      }
      parts.addLast(parts.removeLast() + "</w>");
      merge(parts);
      parts.forEach(part -> out.add(ids.get(part)));
    }
  }

  private void merge(List<String> parts) {
    while (true) {
      int best = -1;
      int bestRank = Integer.MAX_VALUE;
      for (int i = 0; i + 1 < parts.size(); i++) {
        Integer rank = ranks.get(parts.get(i) + " " + parts.get(i + 1));
        if (rank != null && rank < bestRank) {
          best = i;
          bestRank = rank;
        }
      }
      if (best < 0) {
        return;
      }
      parts.set(best, parts.get(best) + parts.remove(best + 1));
    }
  }
}
