package io.attune.bench.jmh.question;

import io.attune.bench.jmh.Amount;
import io.attune.bench.jmh.Contest;
import io.attune.bench.jmh.Contestant;
import io.attune.bench.jmh.Provider;
import io.attune.bench.jmh.Question;
import io.attune.bench.jmh.peer.Ours;
import io.attune.bench.jmh.peer.Torch;
import io.attune.bench.jmh.peer.Values;
import io.attune.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** CLIP's symmetric cross-entropy over pairs, with its gradient. */
public final class ContrastiveBench implements Question {
  @Override
  public String name() {
    return "contrastive";
  }

  @Override
  public String group() {
    return "operations";
  }

  @Override
  public String description() {
    return "symmetric cross-entropy and its gradient";
  }

  @Override
  public List<Contest> contests() {
    return IntStream.of(64, 1024).mapToObj(ContrastiveBench::contest).toList();
  }

  @Override
  public List<Contest> samples() {
    return List.of(contest(13));
  }

  private static Contest contest(int pairs) {
    return Contest.of(
        "contrastive loss+gradient",
        "%dx%d".formatted(pairs, pairs),
        // Logits are read twice and their gradient is written.
        Amount.bytes(12.0 * pairs * pairs),
        1e-5,
        Map.of(
            Provider.ATTUNE, threads -> ours(pairs, threads),
            Provider.LIBTORCH, threads -> libtorch(pairs, threads)));
  }

  private static Contestant ours(int pairs, int threads) {
    Ours ours = new Ours(threads);
    Tensor logits = ours.tensor(new Values().normal(3, pairs, pairs), pairs, pairs);
    Tensor rows = ours.empty(pairs);
    Tensor columns = ours.empty(pairs);
    Tensor loss = ours.empty(1);
    Tensor gradient = ours.empty(pairs, pairs);
    return ours.running(
        () -> {
          ours.device().contrastive().loss(logits, rows, columns, loss);
          ours.device().contrastive().lossBackward(logits, rows, columns, gradient);
        },
        loss,
        gradient);
  }

  private static Contestant libtorch(int pairs, int threads) throws Exception {
    Torch torch = new Torch(threads);
    var logits = torch.tensor(new Values().normal(3, pairs, pairs), pairs, pairs);
    var target = torch.tensor(LongStream.range(0, pairs).toArray(), pairs);
    return torch.calling("contrastive", "loss", List.of(logits, target));
  }
}
