package io.attune.bench.jmh.peer;

import io.attune.InputException;
import io.attune.bench.jmh.Provider;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/** Whether the peers of a run are here, before hours go into it. */
public final class Peers {
  private Peers() {}

  /**
   * Asserts that all these can enter contests.
   *
   * @param unpacked where libtorch is unpacked to
   * @throws InputException naming one that cannot, and why
   */
  public static void require(Set<Provider> entering, Path unpacked) {
    for (Provider provider : entering) {
      missing(provider, unpacked)
          .ifPresent(
              why -> {
                throw new InputException(
                    "%s cannot enter: %s; or leave it out: --providers %s"
                        .formatted(provider.label(), why, others(provider)));
              });
    }
  }

  private static Optional<String> missing(Provider provider, Path unpacked) {
    return switch (provider) {
      case LIBTORCH -> Torch.missing(unpacked);
      case NUMPY -> Python.missing("numpy", "scipy");
      case PIL -> Python.missing("numpy", "PIL");
      case ATTUNE, EJML, NETLIB -> Optional.empty();
    };
  }

  private static String others(Provider without) {
    return Arrays.stream(Provider.values())
        .filter(provider -> provider != without)
        .map(Provider::label)
        .collect(Collectors.joining(","));
  }
}
