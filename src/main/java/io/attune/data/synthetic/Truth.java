package io.attune.data.synthetic;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What was planted, as {@code truth.json} tells it.
 *
 * @param settings what was asked for
 * @param ceiling Spearman's correlation of the true dimensions' 1 - Pearson RDM with the written
 *     RDM48: the best that a model can be expected to reach
 * @param judgementNoise standard deviation of the noise in RDM48, in units of 1 - Pearson
 * @param tripletCeiling share of triplets whose likeliest pair was kept together
 * @param heldOut ids of the held-out concepts, in the order of words48
 * @param dimensions names of the dimensions
 * @param concepts scene and latents of each concept by id
 * @param meg what the MEG RDMs of these concepts are to be drawn from
 */
record Truth(
    SyntheticSettings settings,
    double ceiling,
    double judgementNoise,
    double tripletCeiling,
    List<String> heldOut,
    List<String> dimensions,
    Map<String, Drawn> concepts,
    PlantedMeg meg) {
  /** How a concept is drawn. */
  record Drawn(String kind, Scene scene, Map<Latent, Double> latents) {}

  static Map<String, Drawn> drawn(List<Concept> concepts) {
    Map<String, Drawn> all = new TreeMap<>();
    concepts.forEach(c -> all.put(c.id(), new Drawn(c.kind(), c.scene(), c.latents())));
    return all;
  }

  String toJson() {
    try {
      ObjectMapper mapper = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);
      return mapper.writeValueAsString(this) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
