package io.attune.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.data.rdm.Columns;
import io.attune.rsa.Distribution;

/** Standard errors and 95 percent bands of bootstrapped values, in files and results. */
final class Bands {
  private static final double LOW = 0.025;
  private static final double HIGH = 0.975;

  private Bands() {}

  static void add(Columns columns, String name, Distribution drawn) {
    columns
        .add(name + "_standard_error", drawn.standardErrors())
        .add(name + "_low", drawn.quantiles(LOW))
        .add(name + "_high", drawn.quantiles(HIGH));
  }

  /** The first output's. */
  static void put(ObjectNode result, String name, Distribution drawn) {
    JsonNumbers.put(result, name + "_standard_error", drawn.standardErrors()[0]);
    JsonNumbers.put(result, name + "_low", drawn.quantiles(LOW)[0]);
    JsonNumbers.put(result, name + "_high", drawn.quantiles(HIGH)[0]);
  }
}
