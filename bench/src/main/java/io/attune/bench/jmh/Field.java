package io.attune.bench.jmh;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** The contestants of one contest, open; they agree on the result. */
public final class Field implements AutoCloseable {
  private final Map<Provider, Contestant> contestants = new EnumMap<>(Provider.class);

  /**
   * Opens those of {@code providers} that can enter, and holds their outputs against each other.
   */
  public Field(Contest contest, List<Provider> providers, int threads) throws Exception {
    try {
      for (Provider provider : providers) {
        contestants.put(provider, contest.entries().get(provider).open(threads));
      }
      Agreement.require(contest, contestants);
    } catch (Exception | Error e) {
      close();
      throw e;
    }
  }

  /** In the order of {@link Provider}. */
  List<Contestant> inOrder() {
    return new ArrayList<>(contestants.values());
  }

  @Override
  public void close() {
    contestants.values().forEach(Contestant::close);
    contestants.clear();
  }
}
