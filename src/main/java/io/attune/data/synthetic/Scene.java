package io.attune.data.synthetic;

/** Where an object is seen. */
enum Scene {
  PLAIN("in a studio"),
  LAWN("on a lawn"),
  CLOUD("among clouds"),
  LAKE("on a lake"),
  DUNE("on a dune"),
  FROST("in the frost"),
  PARLOR("in a parlor"),
  NIGHT("at night"),
  DESK("on a desk"),
  TILES("in front of tiles");

  private final String phrase;

  Scene(String phrase) {
    this.phrase = phrase;
  }

  /** As a caption says it. */
  String phrase() {
    return phrase;
  }
}
