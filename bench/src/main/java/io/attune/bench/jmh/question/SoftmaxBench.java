package io.attune.bench.jmh.question;

import ai.djl.pytorch.engine.PtNDArray;
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
import java.util.stream.Stream;

/** Softmax over rows as long as an image has tokens. */
public final class SoftmaxBench implements Question {
  @Override
  public String name() {
    return "softmax";
  }

  @Override
  public String group() {
    return "operations";
  }

  @Override
  public String description() {
    return "softmax over rows, forward and backward";
  }

  @Override
  public List<Contest> contests() {
    return Stream.concat(
            contests("vit-b-32", 16 * 12 * 50, 50), contests("vit-l-14", 2 * 16 * 257, 257))
        .toList();
  }

  @Override
  public List<Contest> samples() {
    return contests("odd", 7, 37).toList();
  }

  private static Stream<Contest> contests(String name, int rows, int columns) {
    String shape = "%s %dx%d".formatted(name, rows, columns);
    double bytes = 4.0 * rows * columns;
    return Stream.of(
        Contest.of(
            "softmax forward",
            shape,
            Amount.bytes(2 * bytes),
            1e-5,
            Map.of(
                Provider.ATTUNE, threads -> ours(rows, columns, threads, false),
                Provider.LIBTORCH, threads -> libtorch(rows, columns, threads, false))),
        Contest.of(
            "softmax backward",
            shape,
            Amount.bytes(3 * bytes),
            1e-5,
            Map.of(
                Provider.ATTUNE, threads -> ours(rows, columns, threads, true),
                Provider.LIBTORCH, threads -> libtorch(rows, columns, threads, true))));
  }

  private static Contestant ours(int rows, int columns, int threads, boolean backward) {
    Values values = new Values();
    Ours ours = new Ours(threads);
    Tensor x = ours.tensor(values.normal(rows, columns), rows, columns);
    Tensor y = ours.empty(rows, columns);
    ours.device().normalize().softmax(x, y);
    if (!backward) {
      return ours.running(() -> ours.device().normalize().softmax(x, y), y);
    }
    Tensor dx = ours.empty(rows, columns);
    return ours.running(() -> ours.device().normalize().softmaxBackward(x, y, dx), dx);
  }

  private static Contestant libtorch(int rows, int columns, int threads, boolean backward)
      throws Exception {
    Torch torch = new Torch(threads);
    PtNDArray x = torch.tensor(new Values().normal(rows, columns), rows, columns);
    PtNDArray y = torch.empty(rows, columns);
    if (!backward) {
      return torch.calling("softmax", "forward", List.of(x, y), y);
    }
    torch.results("softmax", "forward", List.of(x, y));
    PtNDArray dx = torch.empty(rows, columns);
    return torch.calling("softmax", "backward", List.of(x, y, dx), dx);
  }
}
