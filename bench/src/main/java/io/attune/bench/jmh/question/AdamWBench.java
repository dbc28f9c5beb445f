package io.attune.bench.jmh.question;

import io.attune.bench.jmh.Amount;
import io.attune.bench.jmh.Contest;
import io.attune.bench.jmh.Contestant;
import io.attune.bench.jmh.Provider;
import io.attune.bench.jmh.Question;
import io.attune.bench.jmh.peer.Ours;
import io.attune.bench.jmh.peer.Torch;
import io.attune.bench.jmh.peer.Values;
import io.attune.device.op.AdamWSlot;
import io.attune.tensor.Tensor;
import java.util.List;
import java.util.Map;

/** AdamW over as many parameters as a block of ViT-B, and of ViT-L, has in its matrices. */
public final class AdamWBench implements Question {
  /**
   * Weights of a trained layer: beside larger ones the step itself would be within the tolerance.
   */
  private static final double DEVIATION = 0.02;

  private static final double DECAY = 0.2;

  @Override
  public String name() {
    return "adamw";
  }

  @Override
  public String group() {
    return "operations";
  }

  @Override
  public String description() {
    return "a step of AdamW";
  }

  @Override
  public List<Contest> contests() {
    return List.of(contest("vit-b block", 12 * 768 * 768), contest("vit-l block", 12 << 20));
  }

  @Override
  public List<Contest> samples() {
    return List.of(contest("odd", 1013));
  }

  private static Contest contest(String name, int size) {
    return Contest.of(
        "adamw step",
        name + " " + size,
        // Four arrays are read and three written.
        Amount.bytes(28.0 * size),
        1e-5,
        Map.of(
            Provider.ATTUNE, threads -> ours(size, threads),
            Provider.LIBTORCH, threads -> libtorch(size, threads)));
  }

  private static Contestant ours(int size, int threads) {
    Values values = new Values();
    Ours ours = new Ours(threads);
    Tensor parameter = ours.tensor(values.normal(DEVIATION, size), size);
    Tensor gradient = ours.tensor(values.normal(size), size);
    Tensor first = ours.tensor(values.normal(0.1, size), size);
    Tensor second = ours.tensor(values.uniform(0, 0.1, size), size);
    AdamWSlot[] slots = {new AdamWSlot(parameter, gradient, first, second)};
    long[] steps = new long[1];
    return ours.running(
        () -> ours.device().adamW().step(slots, 0.001, 0.9, 0.999, 1e-8, DECAY, ++steps[0]),
        parameter,
        first,
        second);
  }

  private static Contestant libtorch(int size, int threads) throws Exception {
    Values values = new Values();
    Torch torch = new Torch(threads);
    var parameter = torch.tensor(values.normal(DEVIATION, size), size);
    var gradient = torch.tensor(values.normal(size), size);
    var first = torch.tensor(values.normal(0.1, size), size);
    var second = torch.tensor(values.uniform(0, 0.1, size), size);
    var steps = torch.empty();
    return torch.calling(
        "adamw",
        "step",
        List.of(
            List.of(parameter),
            List.of(gradient),
            List.of(first),
            List.of(second),
            List.of(),
            List.of(steps)),
        parameter,
        first,
        second);
  }
}
