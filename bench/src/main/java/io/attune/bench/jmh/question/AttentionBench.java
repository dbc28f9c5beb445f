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
import io.attune.device.op.AttentionShape;
import io.attune.tensor.Tensor;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Attention of the image towers, and of a text tower, on packed q, k, v; the backward pass from
 * what the forward pass kept. libtorch's is its flash attention for CPUs.
 */
public final class AttentionBench implements Question {
  private record Tower(String name, AttentionShape shape) {
    String label() {
      return "%s %dx%dx%dx%d"
          .formatted(name, shape.batch(), shape.heads(), shape.queries(), shape.headSize());
    }

    long rows() {
      return (long) shape.batch() * shape.queries();
    }

    String method(String pass) {
      return shape.causal() ? pass + "_causal" : pass;
    }

    long[] packed() {
      return new long[] {shape.batch(), shape.queries(), 3, shape.heads(), shape.headSize()};
    }

    long[] plain() {
      return new long[] {shape.batch(), shape.queries(), shape.heads(), shape.headSize()};
    }

    /** Of the two products with a T x T matrix, of which causal attention needs a triangle. */
    double flops() {
      double queries = shape.queries();
      double scores = shape.causal() ? queries * (queries + 1) / 2 : queries * shape.keys();
      return 4 * scores * shape.batch() * shape.heads() * shape.headSize();
    }
  }

  @Override
  public String name() {
    return "attention";
  }

  @Override
  public String group() {
    return "operations";
  }

  @Override
  public String description() {
    return "multi-head attention, forward and backward";
  }

  @Override
  public List<Contest> contests() {
    return Stream.of(
            new Tower("vit-b-32", new AttentionShape(16, 12, 50, 50, 64, false)),
            new Tower("vit-l-14", new AttentionShape(2, 16, 257, 257, 64, false)),
            new Tower("text", new AttentionShape(16, 8, 77, 77, 64, true)))
        .flatMap(AttentionBench::contests)
        .toList();
  }

  @Override
  public List<Contest> samples() {
    return Stream.of(
            new Tower("odd", new AttentionShape(3, 2, 19, 19, 8, false)),
            new Tower("causal", new AttentionShape(2, 3, 13, 13, 16, true)))
        .flatMap(AttentionBench::contests)
        .toList();
  }

  private static Stream<Contest> contests(Tower tower) {
    return Stream.of(
        Contest.of(
            "attention forward",
            tower.label(),
            Amount.flops(tower.flops()),
            1e-5,
            Map.of(
                Provider.ATTUNE, threads -> ours(tower, threads, false),
                Provider.LIBTORCH, threads -> torchForward(tower, threads))),
        Contest.of(
            "attention backward",
            tower.label(),
            Amount.flops(2.5 * tower.flops()),
            1e-5,
            Map.of(
                Provider.ATTUNE, threads -> ours(tower, threads, true),
                Provider.LIBTORCH, threads -> torchBackward(tower, threads))));
  }

  private static Contestant ours(Tower tower, int threads, boolean backward) {
    AttentionShape shape = tower.shape();
    int width = shape.width();
    int rows = (int) tower.rows();
    Values values = new Values();
    Ours ours = new Ours(threads);
    Tensor qkv = ours.tensor(values.normal(rows, 3 * width), rows, 3 * width);
    Tensor q = qkv.columnRange(0, width);
    Tensor k = qkv.columnRange(width, width);
    Tensor v = qkv.columnRange(2 * width, width);
    Tensor out = ours.empty(rows, width);
    Tensor lse = ours.empty(shape.batch(), shape.heads(), shape.queries());
    Runnable forward = () -> ours.device().attention().forward(shape, q, k, v, out, lse);
    if (!backward) {
      return ours.running(forward, out, lse);
    }
    forward.run();
    Tensor dout = ours.tensor(values.normal(rows, width), rows, width);
    Tensor delta = ours.empty(shape.batch(), shape.heads(), shape.queries());
    Tensor dqkv = ours.empty(rows, 3 * width);
    Tensor dq = dqkv.columnRange(0, width);
    Tensor dk = dqkv.columnRange(width, width);
    Tensor dv = dqkv.columnRange(2 * width, width);
    return ours.running(
        () -> ours.device().attention().backward(shape, q, k, v, out, lse, dout, delta, dq, dk, dv),
        dq,
        dk,
        dv);
  }

  private static Contestant torchForward(Tower tower, int threads) throws Exception {
    Torch torch = new Torch(threads);
    PtNDArray qkv = packed(torch, new Values(), tower);
    return torch.calling("attention", tower.method("forward"), List.of(qkv));
  }

  private static Contestant torchBackward(Tower tower, int threads) throws Exception {
    Torch torch = new Torch(threads);
    Values values = new Values();
    PtNDArray qkv = packed(torch, values, tower);
    List<PtNDArray> kept = torch.results("attention", tower.method("forward"), List.of(qkv));
    PtNDArray dout =
        torch.tensor(values.normal((int) tower.rows(), tower.shape().width()), tower.plain());
    return torch.calling(
        "attention", tower.method("backward"), List.of(dout, qkv, kept.get(0), kept.get(1)));
  }

  private static PtNDArray packed(Torch torch, Values values, Tower tower) {
    return torch.tensor(
        values.normal((int) tower.rows(), 3 * tower.shape().width()), tower.packed());
  }
}
