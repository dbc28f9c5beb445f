package io.attune.data.synthetic;

import static io.attune.data.synthetic.Latent.*;
import static io.attune.data.synthetic.Scene.*;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * A behavioural dimension: a smooth, non-negative function of what is drawn. Some follow one
 * visible property, some a conjunction, some a scene; most are 0 for most concepts, as SPoSE's are.
 *
 * @param label the prompt of the published list that it stands for, and its place there
 * @param score of a concept, 0 to about 2.5
 */
record BehaviorDimension(String label, ToDoubleFunction<Concept> score) {
  private static final double RED_HUE = 0.0;
  private static final double SKIN_HUE = 0.045;
  private static final double ORANGE_HUE = 0.075;
  private static final double BROWN_HUE = 0.08;
  private static final double SAND_HUE = 0.115;
  private static final double YELLOW_HUE = 0.15;
  private static final double GREEN_HUE = 0.33;
  private static final double BLUE_HUE = 0.58;
  private static final double PINK_HUE = 0.92;
  private static final List<Theme> THEMES =
      Theme.all(all().stream().map(BehaviorDimension::label).toList());

  /** The 66 dimensions, in the order of the published prompts. */
  static List<BehaviorDimension> all() {
    return List.of(
        of("metallic; artificial", c -> 2.2 * c.high(METAL)),
        of("food-related", c -> 2.4 * c.high(PLATE)),
        of("animal-related", c -> 2.2 * c.high(EYES) * (0.5 + 0.5 * c.low(METAL))),
        of("textile", c -> 2 * c.high(DRAPE)),
        of("plant-related", c -> 2.2 * c.high(LEAVES)),
        of("house-related; furnishing-related", c -> 1.6 * c.in(PARLOR) + 0.9 * standing(c)),
        of("valuable; precious", c -> 1.9 * c.high(SHINE) * c.low(PLATE)),
        of("transportation; movement-related", c -> 2.2 * c.high(WHEELS) + 0.4 * aloft(c)),
        of("body; people-related", c -> 1.8 * skin(c)),
        of("wood-related; brown", c -> 1.7 * brown(c) * c.low(METAL)),
        of("electronics; technology", c -> 2.1 * c.high(PANEL)),
        of("colorful; playful", c -> 1.8 * c.high(COLORFULNESS)),
        of("outdoors", c -> 1.6 * c.in(LAWN) + 1.1 * (c.in(CLOUD) + c.in(LAKE) + c.in(DUNE))),
        of("circular; round", c -> 1.4 * roundness(c)),
        of("paper-related; flat", c -> 1.5 * c.high(FLATNESS) * c.low(VOLUME)),
        of("hobby-related; game-related; playing-related", c -> 1.5 * c.high(DOTS) * angular(c)),
        of("tools-related; handheld; elongated", c -> 2.1 * c.high(HANDLE)),
        of("fluid-related; drink-related", c -> 1.6 * c.high(TRANSPARENCY) * c.high(UPRIGHT)),
        of("water-related", c -> 2.2 * c.in(LAKE)),
        of("oriented; many; plenty", c -> 1.3 * c.high(STRIPES) * c.high(ELONGATION)),
        of("powdery; earth-related; waste-related", c -> 1.6 * c.high(GRAIN) * c.low(SHINE)),
        of("white", c -> 1.6 * pale(c)),
        of("coarse-scale pattern; many things", c -> 1.4 * c.high(COUNT)),
        of("red", c -> 1.7 * tinged(c, RED_HUE, 0.05)),
        of("long; thin", c -> 1.8 * c.high(ELONGATION)),
        of("weapon-related; war-related; dangerous", c -> 1.9 * sharp(c) * c.high(METAL)),
        of("black", c -> 1.7 * dark(c)),
        of("household-related", c -> 1.2 * c.in(PARLOR) * c.low(EYES) + 0.9 * c.in(DESK)),
        of("feminine", c -> 1.4 * tinged(c, PINK_HUE, 0.06)),
        of("body-part-related", c -> 1.5 * skin(c) * (0.4 + 0.6 * c.high(ELONGATION))),
        of("tubular", c -> 1.4 * c.high(HOLE)),
        of("music-related; hearing-related; hobby-related; loud", c -> 1.6 * hollow(c)),
        of("grid-related; grating-related", c -> 1.6 * c.high(GRID)),
        of("repetitive; spiky", c -> 1.3 * c.high(SPIKINESS) * c.high(POINTS)),
        of(
            "construction-related; craftsmanship-related; housework-related",
            c -> 1.3 * angular(c) * brown(c) + 0.8 * c.high(HANDLE) * c.high(METAL)),
        of("spherical; voluminous", c -> 1.5 * roundness(c) * c.high(VOLUME)),
        of("string-related; stringy; curved", c -> 1.5 * c.high(BEND)),
        of("seating; standing; lying-related", c -> 1.9 * standing(c) * brown(c)),
        of("flying-related; sky-related", c -> 1.4 * c.high(WINGS) + 1.2 * c.in(CLOUD)),
        of(
            "bug-related; non-mammalian; disgusting",
            c -> 1.8 * c.high(EYES) * c.high(LEGS) * bald(c)),
        of("transparent; shiny; crystalline", c -> 1.8 * c.high(TRANSPARENCY)),
        of("sand-colored", c -> 1.1 * tinged(c, SAND_HUE, 0.03) * bright(c) + 0.9 * c.in(DUNE)),
        of("green", c -> 1.6 * tinged(c, GREEN_HUE, 0.1)),
        of("bathroom-related; wetness-related", c -> 2.3 * c.in(TILES)),
        of("yellow", c -> 1.6 * tinged(c, YELLOW_HUE, 0.04) * bright(c)),
        of("heat-related; fire-related; light-related", c -> 2 * c.high(GLOW)),
        of("beams-related; mesh-related", c -> 1.1 * c.high(GRID) * angular(c)),
        of("foot-related; walking-related", c -> 1.2 * c.high(DRAPE) * c.high(BEND)),
        of("box-related; container", c -> 1.7 * angular(c) * c.low(ELONGATION)),
        of("stick-shaped; container", c -> c.high(ELONGATION) * c.high(UPRIGHT) * c.low(TAPER)),
        of("head-related", c -> 1.3 * c.high(DRAPE) * roundness(c)),
        of(
            "upright; elongated; volumous",
            c -> 1.2 * c.high(UPRIGHT) * Concept.step(c.get(ELONGATION), 0.15, 0.5)),
        of("pointed; spiky", c -> 1.9 * c.high(SPIKINESS)),
        of(
            "child-related; toy-related; cute",
            c -> 1.5 * c.high(EYES) * (c.high(FUZZ) + pale(c)) / 2),
        of("farm-related; historical", c -> 1.6 * c.in(LAWN) * (0.3 + 0.7 * brown(c))),
        of(
            "seeing-related",
            c -> 1.3 * c.high(PANEL) * c.high(SHINE) + 0.5 * c.high(HOLE) * round(c)),
        of("medicine-related; health-related", c -> 1.4 * pale(c) * c.high(TRANSPARENCY)),
        of("sweet; dessert-related", c -> 1.7 * c.high(PLATE) * bright(c) * c.low(ELONGATION)),
        of("orange", c -> 1.6 * tinged(c, ORANGE_HUE, 0.03) * bright(c)),
        of("thin; flat; wrapping", c -> 1.2 * c.high(DRAPE) * c.low(VOLUME)),
        of("cylindrical; conical; cushioning", c -> 1.2 * c.high(TAPER)),
        of("coldness-related; winter-related", c -> 2.3 * c.in(FROST)),
        of("measurement-related; numbers-related", c -> 1.4 * c.high(STRIPES) * angular(c)),
        of("fluffy; soft", c -> 1.8 * c.high(FUZZ)),
        of("masculine", c -> 0.9 * tinged(c, BLUE_HUE, 0.1) + 0.6 * dark(c) * c.high(METAL)),
        of("fine-grained; pattern", c -> 0.9 * c.high(DOTS) + 0.9 * c.high(GRAIN)));
  }

  /** Dimensions that go together, by their place in {@link #all}. */
  static List<Theme> themes() {
    return THEMES;
  }

  /** Scores of a concept on all dimensions: each one's own, raised by the themes it calls up. */
  static double[] embed(List<BehaviorDimension> dimensions, Concept concept) {
    double[] own = dimensions.stream().mapToDouble(d -> d.score.applyAsDouble(concept)).toArray();
    return Theme.apply(THEMES, own);
  }

  private static BehaviorDimension of(String label, ToDoubleFunction<Concept> score) {
    return new BehaviorDimension(label, score);
  }

  private static double tinged(Concept c, double hue, double width) {
    double apart = Math.abs(c.get(HUE) - hue);
    double d = Math.min(apart, 1 - apart) / width;
    double strength = Concept.step(c.get(SATURATION), 0.3, 0.65) * c.low(COLORFULNESS);
    return strength * StrictMath.exp(-d * d) * Concept.step(c.get(BRIGHTNESS), 0.25, 0.6);
  }

  private static double brown(Concept c) {
    double d = (c.get(HUE) - BROWN_HUE) / 0.05;
    double shade = Concept.step(0.95 - c.get(BRIGHTNESS), 0.1, 0.4);
    return StrictMath.exp(-d * d) * shade * Concept.step(c.get(SATURATION), 0.2, 0.5);
  }

  private static double skin(Concept c) {
    double dh = (c.get(HUE) - SKIN_HUE) / 0.04;
    double ds = (c.get(SATURATION) - 0.38) / 0.15;
    return StrictMath.exp(-dh * dh - ds * ds) * bright(c) * c.low(EYES) * c.low(PLATE);
  }

  private static double bright(Concept c) {
    return Concept.step(c.get(BRIGHTNESS), 0.55, 0.9);
  }

  private static double dark(Concept c) {
    return Concept.step(1 - c.get(BRIGHTNESS), 0.5, 0.8) * c.low(GLOW);
  }

  private static double pale(Concept c) {
    return Concept.step(1 - c.get(SATURATION), 0.65, 0.9) * bright(c) * c.low(METAL);
  }

  private static double round(Concept c) {
    return Concept.step(1 - c.get(ELONGATION), 0.65, 0.9) * c.low(SQUARENESS);
  }

  private static double roundness(Concept c) {
    return round(c) * c.low(SPIKINESS) * c.low(BEND) * c.low(TAPER);
  }

  private static double angular(Concept c) {
    return c.high(SQUARENESS) * c.low(SPIKINESS);
  }

  private static double standing(Concept c) {
    return c.high(LEGS) * c.low(EYES);
  }

  private static double bald(Concept c) {
    return c.low(FUZZ) * c.low(PANEL);
  }

  private static double aloft(Concept c) {
    return c.high(WINGS) * c.low(EYES);
  }

  private static double sharp(Concept c) {
    return Math.max(c.high(SPIKINESS), c.high(TAPER) * c.high(ELONGATION));
  }

  private static double hollow(Concept c) {
    return c.high(HOLE) * c.high(HANDLE) + 0.6 * c.high(STRIPES) * c.low(ELONGATION) * c.low(EYES);
  }
}
