package io.attune.data.synthetic;

import java.util.ArrayList;
import java.util.List;

/**
 * Captions as someone might give a photograph: the object's name and one to three things that are
 * plain to see.
 *
 * <p>They do not give the behavioural dimensions away. No prompt of the dimensions occurs in them;
 * they know no degrees, only that something is so; each tells two or three of some thirty-five
 * properties; and most dimensions are conjunctions and contrasts that no caption words. What
 * captions teach, which things look alike and what they are called, is what CLIP knows of real
 * photographs before it is tuned; how people weigh those properties, which is what the judgements
 * measure, must still be learnt from behaviour, and is scored on concepts that never trained.
 */
final class CaptionWriter {
  private static final String[] OPENINGS = {
    "a photo of", "a picture of", "a close-up of", "a view of", "an image of"
  };

  private CaptionWriter() {}

  /** A caption, drawn anew for each image. */
  static String write(Concept concept, Draws draws) {
    String before = OPENINGS[draws.below(OPENINGS.length)];
    List<String> adjectives = adjectives(concept);
    List<String> attachments = attachments(concept);
    List<String> said = new ArrayList<>();
    boolean tellColor = draws.chance(0.65);
    boolean tellScene = draws.chance(0.5);
    if (!adjectives.isEmpty() && (!tellColor || draws.chance(0.6))) {
      said.add(adjectives.get(draws.below(adjectives.size())));
    }
    if (tellColor) {
      said.add(color(concept, draws.chance(0.5)));
    }
    said.add(concept.kind().replace('_', ' '));
    String noun = String.join(" ", said);
    StringBuilder caption = new StringBuilder(before).append(' ');
    caption.append(concept.high(Latent.COUNT) > 0.5 ? "more than one " + noun : article(noun));
    if (!attachments.isEmpty() && (!tellScene || draws.chance(0.3))) {
      caption.append(' ').append(attachments.get(draws.below(attachments.size())));
    } else if (tellScene) {
      caption.append(' ').append(concept.scene().phrase());
    }
    return caption.toString();
  }

  private static String article(String noun) {
    return ("aeiou".indexOf(noun.charAt(0)) >= 0 ? "an " : "a ") + noun;
  }

  private static List<String> adjectives(Concept concept) {
    List<String> words = new ArrayList<>();
    add(words, concept, Latent.ELONGATION, "slender");
    add(words, concept, Latent.SQUARENESS, "boxy");
    add(words, concept, Latent.SPIKINESS, "jagged");
    add(words, concept, Latent.TAPER, "tapered");
    add(words, concept, Latent.BEND, "bent");
    add(words, concept, Latent.HOLE, "hollow");
    add(words, concept, Latent.STRIPES, "striped");
    add(words, concept, Latent.GRID, "checked");
    add(words, concept, Latent.DOTS, "spotted");
    add(words, concept, Latent.GRAIN, "gritty");
    add(words, concept, Latent.FUZZ, "furry");
    add(words, concept, Latent.SHINE, "glossy");
    add(words, concept, Latent.TRANSPARENCY, "glassy");
    add(words, concept, Latent.METAL, "steel");
    add(words, concept, Latent.GLOW, "glowing");
    add(words, concept, Latent.DRAPE, "folded");
    add(words, concept, Latent.FLATNESS, "level");
    return words;
  }

  private static List<String> attachments(Concept concept) {
    List<String> words = new ArrayList<>();
    add(words, concept, Latent.LEGS, "on legs");
    add(words, concept, Latent.WHEELS, "with wheels");
    add(words, concept, Latent.WINGS, "with wings");
    add(words, concept, Latent.HANDLE, "with a handle");
    add(words, concept, Latent.EYES, "with two eyes");
    add(words, concept, Latent.LEAVES, "with leaves");
    add(words, concept, Latent.PLATE, "on a plate");
    add(words, concept, Latent.PANEL, "with a screen");
    return words;
  }

  private static void add(List<String> words, Concept concept, Latent latent, String word) {
    if (concept.high(latent) > 0.5) {
      words.add(word);
    }
  }

  /** A shade: the plain color words are prompts of dimensions. */
  private static String color(Concept concept, boolean first) {
    if (concept.high(Latent.COLORFULNESS) > 0.5) {
      return first ? "rainbow" : "motley";
    }
    double value = concept.get(Latent.BRIGHTNESS);
    double saturation = concept.get(Latent.SATURATION);
    if (value < 0.35) {
      return first ? "charcoal" : "blackish";
    }
    if (saturation < 0.22) {
      return value > 0.75 ? (first ? "ivory" : "whitish") : (first ? "gray" : "ash");
    }
    double hue = concept.get(Latent.HUE);
    if (hue < 0.03 || hue > 0.96) {
      return saturation < 0.5 ? "salmon" : first ? "crimson" : "reddish";
    }
    if (hue < 0.11) {
      if (value < 0.68) {
        return first ? "chestnut" : "umber";
      }
      return saturation < 0.55 ? "peach" : first ? "tangerine" : "amber";
    }
    String[][] shades = {
      {"golden", "yellowish"},
      {"lime", "olive"},
      {"emerald", "greenish"},
      {"teal", "turquoise"},
      {"azure", "navy"},
      {"violet", "purple"},
      {"pink", "rose"},
    };
    double[] upTo = {0.18, 0.25, 0.43, 0.52, 0.68, 0.84, 1};
    int shade = 0;
    while (hue > upTo[shade]) {
      shade++;
    }
    return shades[shade][first ? 0 : 1];
  }
}
