package io.attune.bench.jmh.question;

import io.attune.bench.jmh.Amount;
import io.attune.bench.jmh.Contest;
import io.attune.bench.jmh.Contestant;
import io.attune.bench.jmh.Provider;
import io.attune.bench.jmh.Question;
import io.attune.bench.jmh.peer.Ours;
import io.attune.bench.jmh.peer.Torch;
import io.attune.bench.jmh.peer.Values;
import io.attune.device.op.Epilogue;
import io.attune.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The products of a training step of ViT-B/32 with 16 images (50 tokens each) and of ViT-L/14 with
 * 2 images (257 tokens each): twelve layers, forward and both gradients.
 */
public final class GemmBench implements Question {
  private record Layer(String name, int rows, int in, int out) {}

  private static final List<Layer> LAYERS =
      List.of(
          new Layer("vit-b-32 patches", 16 * 49, 3 * 32 * 32, 768),
          new Layer("vit-b-32 qkv", 16 * 50, 768, 3 * 768),
          new Layer("vit-b-32 out", 16 * 50, 768, 768),
          new Layer("vit-b-32 fc1", 16 * 50, 768, 3072),
          new Layer("vit-b-32 fc2", 16 * 50, 3072, 768),
          new Layer("vit-b-32 projection", 16, 768, 512),
          new Layer("vit-l-14 patches", 2 * 256, 3 * 14 * 14, 1024),
          new Layer("vit-l-14 qkv", 2 * 257, 1024, 3 * 1024),
          new Layer("vit-l-14 out", 2 * 257, 1024, 1024),
          new Layer("vit-l-14 fc1", 2 * 257, 1024, 4096),
          new Layer("vit-l-14 fc2", 2 * 257, 4096, 1024),
          new Layer("vit-l-14 projection", 2, 1024, 768));

  @Override
  public String name() {
    return "gemm";
  }

  @Override
  public String description() {
    return "matrix products of twelve layers, forward and gradients";
  }

  @Override
  public List<Contest> contests() {
    return LAYERS.stream().flatMap(layer -> contests(layer).stream()).toList();
  }

  @Override
  public List<Contest> samples() {
    return contests(new Layer("odd", 37, 53, 71));
  }

  private static List<Contest> contests(Layer layer) {
    List<Contest> contests = new ArrayList<>();
    for (Product product :
        List.of(
            Product.forward(layer.rows, layer.in, layer.out),
            Product.inputGradient(layer.rows, layer.in, layer.out),
            Product.weightGradient(layer.rows, layer.in, layer.out))) {
      String shape = "%s %dx%dx%d".formatted(layer.name, layer.rows, layer.in, layer.out);
      contests.add(
          Contest.of(
              product.operation(),
              shape,
              Amount.flops(product.flops()),
              1e-5,
              Map.of(
                  Provider.ATTUNE, threads -> attune(product, threads),
                  Provider.LIBTORCH, threads -> libtorch(product, threads),
                  Provider.EJML, threads -> JavaProducts.ejml(product, threads),
                  Provider.NETLIB, threads -> JavaProducts.netlib(product))));
    }
    return contests;
  }

  private static Contestant attune(Product product, int threads) {
    Ours ours = new Ours(threads);
    Values values = new Values();
    Tensor a =
        ours.tensor(
            values.normal(product.rowsA(), product.columnsA()),
            product.rowsA(),
            product.columnsA());
    Tensor b =
        ours.tensor(
            values.normal(product.rowsB(), product.columnsB()),
            product.rowsB(),
            product.columnsB());
    Tensor c = ours.empty(product.m(), product.n());
    boolean transposeA = product.transposeA();
    boolean transposeB = product.transposeB();
    return ours.running(
        () -> ours.device().gemm().multiply(transposeA, a, transposeB, b, 1, 0, c, Epilogue.NONE),
        c);
  }

  private static Contestant libtorch(Product product, int threads) throws Exception {
    Torch torch = new Torch(threads);
    Values values = new Values();
    var a =
        torch.tensor(
            values.normal(product.rowsA(), product.columnsA()),
            product.rowsA(),
            product.columnsA());
    var b =
        torch.tensor(
            values.normal(product.rowsB(), product.columnsB()),
            product.rowsB(),
            product.columnsB());
    var c = torch.empty(product.m(), product.n());
    return torch.calling("gemm", product.script(), List.of(a, b, c), c);
  }
}
