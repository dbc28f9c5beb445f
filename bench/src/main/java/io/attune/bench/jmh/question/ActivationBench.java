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
import io.attune.device.op.Activation;
import io.attune.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** GELU and quick GELU at the hidden layers of both image towers. */
public final class ActivationBench implements Question {
  @Override
  public String name() {
    return "activation";
  }

  @Override
  public String group() {
    return "operations";
  }

  @Override
  public String description() {
    return "GELU and quick GELU, forward and backward";
  }

  @Override
  public List<Contest> contests() {
    return Arrays.stream(Activation.values())
        .flatMap(
            function ->
                Stream.concat(
                    contests(function, "vit-b-32", 800, 3072),
                    contests(function, "vit-l-14", 514, 4096)))
        .toList();
  }

  @Override
  public List<Contest> samples() {
    return Arrays.stream(Activation.values())
        .flatMap(function -> contests(function, "odd", 7, 37))
        .toList();
  }

  private static Stream<Contest> contests(Activation function, String name, int rows, int columns) {
    String shape = "%s %dx%d".formatted(name, rows, columns);
    double bytes = 4.0 * rows * columns;
    return Stream.of(
        Contest.of(
            function.configName() + " forward",
            shape,
            Amount.bytes(2 * bytes),
            1e-5,
            Map.of(
                Provider.ATTUNE, threads -> ours(function, rows, columns, threads, false),
                Provider.LIBTORCH, threads -> libtorch(function, rows, columns, threads, false))),
        Contest.of(
            function.configName() + " backward",
            shape,
            Amount.bytes(3 * bytes),
            1e-5,
            Map.of(
                Provider.ATTUNE, threads -> ours(function, rows, columns, threads, true),
                Provider.LIBTORCH, threads -> libtorch(function, rows, columns, threads, true))));
  }

  private static Contestant ours(
      Activation function, int rows, int columns, int threads, boolean backward) {
    Values values = new Values();
    Ours ours = new Ours(threads);
    Tensor x = ours.tensor(values.normal(2, rows, columns), rows, columns);
    Tensor dy = ours.tensor(values.normal(rows, columns), rows, columns);
    Tensor result = ours.empty(rows, columns);
    return ours.running(
        backward
            ? () -> ours.device().activation().backward(function, x, dy, result)
            : () -> ours.device().activation().forward(function, x, result),
        result);
  }

  private static Contestant libtorch(
      Activation function, int rows, int columns, int threads, boolean backward) throws Exception {
    Values values = new Values();
    Torch torch = new Torch(threads);
    PtNDArray x = torch.tensor(values.normal(2, rows, columns), rows, columns);
    PtNDArray dy = torch.tensor(values.normal(rows, columns), rows, columns);
    PtNDArray sigmoid = torch.empty(rows, columns);
    PtNDArray result = torch.empty(rows, columns);
    List<PtNDArray> forward = List.of(x, sigmoid, result);
    String method = function.configName();
    if (!backward) {
      return torch.calling("activation", method, forward, result);
    }
    // Leaves the sigmoid, which autograd keeps.
    torch.results("activation", method, forward);
    PtNDArray scratch = torch.empty(rows, columns);
    return torch.calling(
        "activation", method + "_backward", List.of(x, sigmoid, dy, result, scratch), result);
  }
}
