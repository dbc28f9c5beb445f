package io.attune.data.synthetic;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Dimensions that go together in people's judgements: what looks alive is also a little green,
 * outdoors and soft, what looks technical a little metallic, boxy and masculine. The stronger the
 * cues, which are plain to see, the more all members of the theme rise. Without themes most pairs
 * of concepts would share nothing and be equally unlike, which real judgements are not.
 *
 * @param cues places of the dimensions that call the theme up
 * @param members places of the dimensions that it raises
 */
record Theme(int[] cues, int[] members) {
  /** Cues, and all members: each cue is one too. */
  private static final String[][] THEMES = {
    // alive
    {
      "animal-related, plant-related, outdoors, water-related",
      "animal-related, plant-related, outdoors, water-related, bug-related, green, child-related, "
          + "farm-related, fluffy"
    },
    // technical
    {
      "metallic, transportation, electronics, box-related",
      "metallic, transportation, electronics, box-related, construction-related, masculine, "
          + "beams-related, measurement-related, grid-related"
    },
    // at home
    {
      "house-related, household-related, bathroom-related",
      "house-related, household-related, bathroom-related, seating, wood-related, textile, "
          + "paper-related, thin"
    },
    // in the open
    {
      "outdoors, flying-related, water-related, coldness-related, sand-colored",
      "outdoors, flying-related, water-related, coldness-related, sand-colored, powdery, "
          + "upright, farm-related, heat-related"
    },
    // to eat
    {
      "food-related, sweet",
      "food-related, sweet, circular, spherical, orange, yellow, fluid-related, valuable"
    },
    // to hold
    {
      "tools-related, long",
      "tools-related, long, weapon-related, stick-shaped, body-part-related, string-related, "
          + "oriented, pointed, cylindrical"
    },
    // compact
    {"circular, spherical", "circular, spherical, valuable, head-related, sweet"},
    // pale
    {"white", "white, transparent, medicine-related, coldness-related, feminine"},
    // dark
    {"black, heat-related", "black, heat-related, masculine, weapon-related, music-related"},
    // at play
    {
      "colorful, coarse-scale pattern, child-related",
      "colorful, coarse-scale pattern, child-related, hobby-related, fine-grained, repetitive"
    },
  };

  /** As strong as the strongest dimensions, as categories are in people's judgements. */
  private static final double STRENGTH = 2;

  /** Raises the members in a row of scores by {@code 2 tanh(sum of cues)}. */
  static double[] apply(List<Theme> themes, double[] scores) {
    double[] raised = scores.clone();
    for (Theme theme : themes) {
      double sum = 0;
      for (int cue : theme.cues) {
        sum += scores[cue];
      }
      double rise = STRENGTH * StrictMath.tanh(sum);
      for (int member : theme.members) {
        raised[member] += rise;
      }
    }
    return raised;
  }

  /** The themes over dimensions of the given labels; each is found by how its label begins. */
  static List<Theme> all(List<String> labels) {
    Map<String, Integer> places = new HashMap<>();
    for (int k = 0; k < labels.size(); k++) {
      places.put(labels.get(k).split("; ")[0], k);
    }
    List<Theme> themes = new ArrayList<>();
    for (String[] theme : THEMES) {
      themes.add(new Theme(places(theme[0], places), places(theme[1], places)));
    }
    return themes;
  }

  private static int[] places(String names, Map<String, Integer> places) {
    return List.of(names.split(", ")).stream()
        .mapToInt(
            name -> {
              Integer place = places.get(name);
              if (place == null) {
                throw new IllegalStateException("no dimension begins with " + name);
              }
              return place;
            })
        .toArray();
  }
}
