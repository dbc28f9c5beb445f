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

/**
 * Layer normalisation at the rows of both image towers: alone, with the addition before it, back.
 */
public final class LayerNormBench implements Question {
  private static final float EPSILON = 1e-5f;

  private record Rows(String name, int rows, int width) {
    String label() {
      return "%s %dx%d".formatted(name, rows, width);
    }

    /** Bytes of so many matrices of this size. */
    Amount matrices(int count) {
      return Amount.bytes(4.0 * rows * width * count);
    }
  }

  @Override
  public String name() {
    return "layernorm";
  }

  @Override
  public String group() {
    return "operations";
  }

  @Override
  public String description() {
    return "layer normalisation, forward and backward";
  }

  @Override
  public List<Contest> contests() {
    return Stream.of(new Rows("vit-b-32", 800, 768), new Rows("vit-l-14", 514, 1024))
        .flatMap(LayerNormBench::contests)
        .toList();
  }

  @Override
  public List<Contest> samples() {
    return contests(new Rows("odd", 7, 37)).toList();
  }

  private static Stream<Contest> contests(Rows rows) {
    return Stream.of(
        Contest.of(
            "layernorm forward",
            rows.label(),
            rows.matrices(2),
            1e-5,
            Map.of(
                Provider.ATTUNE, threads -> new OurNorm(rows, threads).forward(),
                Provider.LIBTORCH, threads -> new TorchNorm(rows, threads).forward())),
        Contest.of(
            "layernorm add+forward",
            rows.label(),
            rows.matrices(4),
            1e-5,
            Map.of(
                Provider.ATTUNE, threads -> new OurNorm(rows, threads).addForward(),
                Provider.LIBTORCH, threads -> new TorchNorm(rows, threads).addForward())),
        Contest.of(
            "layernorm backward",
            rows.label(),
            rows.matrices(3),
            1e-5,
            Map.of(
                Provider.ATTUNE, threads -> new OurNorm(rows, threads).backward(),
                Provider.LIBTORCH, threads -> new TorchNorm(rows, threads).backward())));
  }

  private static final class OurNorm {
    final Ours ours;
    final Tensor x;
    final Tensor gamma;
    final Tensor beta;
    final Tensor other;
    final Tensor y;
    final Tensor mean;
    final Tensor rstd;
    final Rows rows;

    OurNorm(Rows rows, int threads) {
      this.rows = rows;
      Values values = new Values();
      ours = new Ours(threads);
      x = ours.tensor(values.normal(rows.rows, rows.width), rows.rows, rows.width);
      gamma = ours.tensor(values.uniform(0.5, 1.5, rows.width), rows.width);
      beta = ours.tensor(values.normal(rows.width), rows.width);
      other = ours.tensor(values.normal(rows.rows, rows.width), rows.rows, rows.width);
      y = ours.empty(rows.rows, rows.width);
      mean = ours.empty(rows.rows);
      rstd = ours.empty(rows.rows);
    }

    Contestant forward() {
      return ours.running(
          () -> ours.device().layerNorm().forward(x, gamma, beta, EPSILON, y, mean, rstd),
          y,
          mean,
          rstd);
    }

    Contestant addForward() {
      Tensor sum = ours.empty(rows.rows, rows.width);
      return ours.running(
          () ->
              ours.device()
                  .layerNorm()
                  .addForward(x, other, gamma, beta, EPSILON, sum, y, mean, rstd),
          y,
          mean,
          rstd,
          sum);
    }

    Contestant backward() {
      ours.device().layerNorm().forward(x, gamma, beta, EPSILON, y, mean, rstd);
      Tensor dgamma = ours.empty(rows.width);
      Tensor dbeta = ours.empty(rows.width);
      return ours.running(
          () ->
              ours.device()
                  .layerNorm()
                  .backward(other, x, gamma, mean, rstd, y, false, dgamma, dbeta),
          y,
          dgamma,
          dbeta);
    }
  }

  private static final class TorchNorm {
    final Torch torch;
    final PtNDArray x;
    final PtNDArray gamma;
    final PtNDArray beta;
    final PtNDArray other;
    final Rows rows;

    TorchNorm(Rows rows, int threads) {
      this.rows = rows;
      Values values = new Values();
      torch = new Torch(threads);
      x = torch.tensor(values.normal(rows.rows, rows.width), rows.rows, rows.width);
      gamma = torch.tensor(values.uniform(0.5, 1.5, rows.width), rows.width);
      beta = torch.tensor(values.normal(rows.width), rows.width);
      other = torch.tensor(values.normal(rows.rows, rows.width), rows.rows, rows.width);
    }

    Contestant forward() throws Exception {
      return torch.calling("layernorm", "forward", List.of(x, gamma, beta));
    }

    Contestant addForward() throws Exception {
      PtNDArray sum = torch.empty(rows.rows, rows.width);
      return torch.calling("layernorm", "add_forward", List.of(x, other, gamma, beta, sum));
    }

    Contestant backward() throws Exception {
      List<PtNDArray> kept = torch.results("layernorm", "forward", List.of(x, gamma, beta));
      return torch.calling(
          "layernorm", "backward", List.of(other, x, gamma, beta, kept.get(1), kept.get(2)));
    }
  }
}
