package io.attune.cli;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.attune.InputException;
import io.attune.rsa.Bootstrap;
import io.attune.rsa.Correlation;
import io.attune.rsa.Distribution;
import io.attune.rsa.Permutation;
import io.attune.rsa.Rdms;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
    name = "compare",
    description = "How alike two RDMs are.",
    footer = {
      "",
      RdmOptions.FILES,
      "Conditions are matched by name. Prints method, value, p_value and pairs as one line of",
      "JSON; p_value is Student's, for spearman and pearson. --bootstrap N adds standard_error,",
      "low and high (percentiles 2.5 and 97.5), over conditions; --permutations N adds",
      "permutation_p_value, of shuffled labels.",
      "",
      "Examples:",
      "  attune rsa compare --a model.npy --b RDM48_triplet.mat --method spearman",
      "  attune rsa compare --a model.csv --b people.h5 --method whitened-cosine --bootstrap 1000",
      "  attune rsa compare --a model.csv --b people.csv --method whitened-cosine \\",
      "    --variances noise.csv"
    })
final class RsaCompareCommand implements Callable<Integer> {
  @Option(names = "--a", paramLabel = "FILE", required = true, description = "One RDM.")
  private Path a;

  @Option(names = "--b", paramLabel = "FILE", required = true, description = "The other RDM.")
  private Path b;

  @Option(
      names = "--bootstrap",
      paramLabel = "N",
      description = "Draw N bootstrap samples of conditions.")
  private Integer samples;

  @Option(
      names = "--permutations",
      paramLabel = "N",
      description = "Test against N shuffles of the conditions of --a.")
  private Integer shuffles;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "1",
      description = "Seed of all draws (default: ${DEFAULT-VALUE}).")
  private long seed;

  @Mixin private RdmOptions options;
  @Mixin private JsonResult json;

  private final Console console;

  RsaCompareCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    json.check(List.of(a, b));
    Rdms first = one(a);
    Rdms second = one(b);
    Correlation value =
        options
            .comparison()
            .compare(first.rdm(0, 0), second.rdm(0, 0), options.nan(), first.variances());
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    result.put("method", options.comparison().label());
    JsonNumbers.put(result, "value", value.value());
    JsonNumbers.put(result, "p_value", value.pValue());
    result.put("pairs", value.pairs());
    if (samples != null) {
      Distribution drawn =
          new Bootstrap(Bootstrap.Over.CONDITIONS, samples, seed)
              .similarity(first, second, options.comparison())[0];
      JsonNumbers.put(result, "standard_error", drawn.standardErrors()[0]);
      JsonNumbers.put(result, "low", drawn.quantiles(0.025)[0]);
      JsonNumbers.put(result, "high", drawn.quantiles(0.975)[0]);
    }
    if (shuffles != null) {
      double p = new Permutation(shuffles, seed).test(first, second, options.comparison())[0][0];
      JsonNumbers.put(result, "permutation_p_value", p);
    }
    json.tell(result, console);
    return 0;
  }

  private Rdms one(Path file) {
    Rdms rdms = options.read(file, console);
    if (rdms.labels().size() > 1 || rdms.hasTimes()) {
      throw new InputException(
          "%s: holds %d RDMs, expected one; see rsa timecourse"
              .formatted(file, rdms.labels().size() * rdms.steps()));
    }
    return rdms;
  }
}
