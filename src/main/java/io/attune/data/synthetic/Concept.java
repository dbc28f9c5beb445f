package io.attune.data.synthetic;

import java.util.Map;

/**
 * One concept of the synthetic world.
 *
 * @param id unique id, such as {@code lantern2}
 * @param kind what it is called in captions, such as {@code lantern}
 * @param latents a value on 0..1 for every {@link Latent}
 * @param scene where its images show it
 */
record Concept(String id, String kind, Map<Latent, Double> latents, Scene scene) {
  double get(Latent latent) {
    return latents.get(latent);
  }

  /** Smooth step of a latent: 0 up to 0.3, 1 from 0.8. */
  double high(Latent latent) {
    return step(get(latent), 0.3, 0.8);
  }

  /** 1 - {@link #high}. */
  double low(Latent latent) {
    return 1 - high(latent);
  }

  /** 1 in a scene, 0 elsewhere. */
  double in(Scene other) {
    return scene == other ? 1 : 0;
  }

  /** Smooth step from 0 at {@code from} to 1 at {@code to}. */
  static double step(double value, double from, double to) {
    double t = Math.clamp((value - from) / (to - from), 0.0, 1.0);
    return t * t * (3 - 2 * t);
  }
}
