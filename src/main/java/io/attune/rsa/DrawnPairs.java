package io.attune.rsa;

/**
 * The pairs of conditions that a bootstrap drew, each once, with how often it came: as often as one
 * condition was drawn times the other. Pairs of a condition with its own copy are left out, as in
 * {@link Pairs#ofSample}.
 *
 * @param places where the upper triangle of all conditions keeps each pair
 * @param weights how often each came
 * @param total sum of weights
 * @param conditions how many different ones were drawn
 */
record DrawnPairs(int[] places, int[] weights, int total, int conditions) {
  /**
   * Of a draw.
   *
   * @param drawn for each place, which condition
   */
  static DrawnPairs of(int[] drawn) {
    int n = drawn.length;
    int[] copies = new int[n];
    for (int condition : drawn) {
      copies[condition]++;
    }
    int[] chosen = new int[n];
    int different = 0;
    for (int i = 0; i < n; i++) {
      if (copies[i] > 0) {
        chosen[different++] = i;
      }
    }
    int[] places = new int[Rdm.pairs(different)];
    int[] weights = new int[places.length];
    int total = 0;
    for (int a = 0, p = 0; a < different; a++) {
      int i = chosen[a];
      int row = Rdm.place(i, i + 1, n) - i - 1;
      for (int b = a + 1; b < different; b++, p++) {
        places[p] = row + chosen[b];
        weights[p] = copies[i] * copies[chosen[b]];
        total += weights[p];
      }
    }
    return new DrawnPairs(places, weights, total, different);
  }

  /** How many different pairs. */
  int count() {
    return places.length;
  }
}
