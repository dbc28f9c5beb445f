package io.attune.clip;

import io.attune.InputException;
import java.text.Normalizer;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a text into the words that BPE sees, by the rule of Hugging Face's fast CLIP tokenizer: NFC;
 * each run of Unicode White_Space becomes one space; lower-case code point by code point, without
 * locale or context; then the matches of
 *
 * <pre>'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+</pre>
 *
 * Written by hand because {@code java.util.regex} and {@code String.toLowerCase} differ: the first
 * in what {@code \s} means, the second in the final sigma.
 */
final class TextSplitter {
  private static final String[] CONTRACTIONS = {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"};

  private TextSplitter() {}

  /**
   * The words of {@code text}, in order.
   *
   * @throws InputException when the text holds an unpaired surrogate, which is no character
   */
  static List<String> split(String text) {
    String s = normalize(text);
    List<String> words = new ArrayList<>();
    int at = 0;
    while (at < s.length()) {
      int end = wordEnd(s, at);
      if (end > at) {
        words.add(s.substring(at, end));
        at = end;
      } else {
        at++; // the single space that a run of white space became
      }
    }
    return words;
  }

  /** NFC, white space, lower case: what the words are cut from. */
  static String normalize(String text) {
    requireCharacters(text);
    String composed = Normalizer.normalize(text, Normalizer.Form.NFC);
    StringBuilder out = new StringBuilder(composed.length());
    boolean inSpace = false;
    for (int i = 0; i < composed.length(); ) {
      int c = composed.codePointAt(i);
      i += Character.charCount(c);
      if (isWhiteSpace(c)) {
        if (!inSpace) {
          out.append(' ');
        }
        inSpace = true;
        continue;
      }
      inSpace = false;
      if (c == 0x130) {
        out.append("i\u0307"); // the one character whose lower case is two, whatever the locale
      } else {
        out.appendCodePoint(Character.toLowerCase(c));
      }
    }
    return out.toString();
  }

  /** Where the word that starts at {@code at} ends; {@code at} itself for a space. */
  private static int wordEnd(String s, int at) {
    int first = s.codePointAt(at);
    if (first == ' ') {
      return at;
    }
    if (first == '\'') {
      for (String contraction : CONTRACTIONS) {
        if (s.startsWith(contraction, at)) {
          return at + contraction.length();
        }
      }
    }
    int end = at + Character.charCount(first);
    if (isNumber(first)) {
      return end;
    }
    boolean letters = Character.isLetter(first);
    while (end < s.length()) {
      int c = s.codePointAt(end);
      if (c == ' ' || isNumber(c) || Character.isLetter(c) != letters) {
        break;
      }
      end += Character.charCount(c);
    }
    return end;
  }

  /** Unicode's White_Space property; neither {@code Character.isWhitespace} nor isSpaceChar is. */
  static boolean isWhiteSpace(int c) {
    return (c >= 0x09 && c <= 0x0D)
        || c == 0x20
        || c == 0x85
        || c == 0xA0
        || c == 0x1680
        || (c >= 0x2000 && c <= 0x200A)
        || c == 0x2028
        || c == 0x2029
        || c == 0x202F
        || c == 0x205F
        || c == 0x3000;
  }

  /** General category N: decimal digits, letter numbers and the others, such as superscripts. */
  private static boolean isNumber(int c) {
    int type = Character.getType(c);
    return type == Character.DECIMAL_DIGIT_NUMBER
        || type == Character.LETTER_NUMBER
        || type == Character.OTHER_NUMBER;
  }

  private static void requireCharacters(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        throw new InputException(
            "text is not valid Unicode: unpaired surrogate U+%04X at position %d"
                .formatted((int) c, i));
      }
    }
  }
}
