package io.attune.data.synthetic;

import io.attune.data.synthetic.Draws.Purpose;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Draws concepts. The world, its kinds and what is typical of them, is the same for every seed; a
 * seed decides which concepts of that world are met. So a model that has seen the concepts of one
 * seed has learnt something about those of another.
 */
final class World {
  /** What a concept may have beyond its kind, so that kinds do not settle everything. */
  private static final List<Latent> EXTRAS =
      List.of(
          Latent.STRIPES,
          Latent.GRID,
          Latent.DOTS,
          Latent.GRAIN,
          Latent.SHINE,
          Latent.METAL,
          Latent.TRANSPARENCY,
          Latent.GLOW,
          Latent.COLORFULNESS,
          Latent.COUNT,
          Latent.SPIKINESS,
          Latent.FUZZ);

  private static final Set<Latent> ROUND_THE_CLOCK = Set.of(Latent.HUE, Latent.ACCENT);
  private static final double EXTRA_CHANCE = 0.2;
  private static final double OTHER_SCENE_CHANCE = 0.1;

  private World() {}

  /** The concepts of a seed, in the row order of their ids. */
  static List<Concept> concepts(long seed, int count) {
    List<ObjectKind> kinds = ObjectKind.all();
    int[] order = new Draws(seed, Purpose.KINDS, 0).permutation(kinds.size());
    Map<String, Integer> met = new HashMap<>();
    List<Concept> concepts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ObjectKind kind = kinds.get(order[i % kinds.size()]);
      int number = met.merge(kind.name(), 1, Integer::sum);
      boolean several = number > 1 || i + kinds.size() < count;
      String id = several ? kind.name() + number : kind.name();
      concepts.add(draw(id, kind, new Draws(seed, Purpose.CONCEPT, i)));
    }
    concepts.sort(Comparator.comparing(concept -> rowKey(concept.id())));
    return concepts;
  }

  /**
   * THINGS' row order puts '_' and '-' before digits and letters, unlike sorted file names, so that
   * the two orders differ here as they do there.
   */
  private static String rowKey(String id) {
    return id.replace('_', ' ').replace('-', '!');
  }

  private static Concept draw(String id, ObjectKind kind, Draws draws) {
    Map<Latent, Double> latents = new EnumMap<>(Latent.class);
    for (Latent latent : Latent.values()) {
      Double typical = kind.typical().get(latent);
      double value = typical == null ? free(latent, draws) : near(latent, typical, draws);
      latents.put(latent, ROUND_THE_CLOCK.contains(latent) ? value - Math.floor(value) : value);
    }
    if (draws.chance(EXTRA_CHANCE)) {
      Latent extra = EXTRAS.get(draws.below(EXTRAS.size()));
      latents.merge(extra, draws.uniform(0.6, 1), Math::max);
    }
    Scene scene =
        draws.chance(OTHER_SCENE_CHANCE)
            ? Scene.values()[draws.below(Scene.values().length)]
            : kind.scenes().get(draws.below(kind.scenes().size()));
    return new Concept(id, kind.name(), latents, scene);
  }

  private static double near(Latent latent, double typical, Draws draws) {
    return switch (latent) {
      case HUE -> typical + 0.015 * draws.normal();
      case SATURATION, BRIGHTNESS -> Math.clamp(typical + 0.06 * draws.normal(), 0, 1);
      default -> Math.clamp(typical + 0.07 * draws.normal(), 0, 1);
    };
  }

  /** A latent that the kind does not settle. */
  private static double free(Latent latent, Draws draws) {
    return switch (latent) {
      case HUE, ACCENT, UPRIGHT, POINTS -> draws.uniform();
      case SATURATION -> draws.uniform(0.3, 0.95);
      case BRIGHTNESS -> draws.uniform(0.4, 0.95);
      case SIZE -> draws.uniform(0.45, 0.75);
      case VOLUME -> draws.uniform(0.2, 0.7);
      case SQUARENESS, ELONGATION, TAPER -> draws.uniform(0, 0.2);
      default -> draws.uniform(0, 0.12);
    };
  }
}
