package io.attune.bench.jmh.peer;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import io.attune.bench.jmh.Contestant;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * libtorch through DJL, with the tensors of one contest. What it computes is written in TorchScript
 * text beside this class, so that a single call from Java does a whole operation.
 */
public final class Torch implements AutoCloseable {
  private static final String SYSTEM = "Linux on amd64";
  private static final String NATIVES = "/pytorch/cpu/linux-x86_64/libtorch_cpu.so";

  private final PtNDManager manager;
  private final List<IValue> values = new ArrayList<>();
  private final List<PtSymbolBlock> scripts = new ArrayList<>();

  public Torch(int threads) {
    Engine engine = Engine.getEngine("PyTorch");
    JniUtils.setNumThreads(threads);
    if (JniUtils.getNumThreads() != threads) {
      throw new IllegalStateException(
          "%s runs on %d threads, not on %d".formatted(engine, JniUtils.getNumThreads(), threads));
    }
    // Operations one by one, as eager PyTorch does them: no profiling runs, no rewriting.
    JniUtils.setGraphExecutorOptimize(false);
    JniUtils.setGradMode(true);
    manager = (PtNDManager) NDManager.newBaseManager("PyTorch");
  }

  /**
   * Why it cannot be loaded here, and what would help; empty if it should load.
   *
   * @param unpacked where it is unpacked to at first
   */
  static Optional<String> missing(Path unpacked) {
    String system = System.getProperty("os.name") + " on " + System.getProperty("os.arch");
    if (!system.equals(SYSTEM)) {
      return Optional.of("the bench brings libtorch for %s, not for %s".formatted(SYSTEM, system));
    }
    if (Torch.class.getResource(NATIVES) == null) {
      return Optional.of(
          "pytorch-native-cpu is not in bench/target/lib: delete bench/target, to build it anew");
    }
    if (!Files.isDirectory(unpacked) && !Files.isWritable(unpacked.getParent())) {
      return Optional.of(
          "it is unpacked to %s at first, where you may not write: run the bench once as who may"
              .formatted(unpacked));
    }
    return Optional.empty();
  }

  /** The version of libtorch, such as 2.7.1. */
  public static String version() {
    return Engine.getEngine("PyTorch").getVersion();
  }

  /** A tensor with these values. */
  public PtNDArray tensor(float[] values, long... dims) {
    return (PtNDArray) manager.create(FloatBuffer.wrap(values), new Shape(dims), DataType.FLOAT32);
  }

  /** A tensor of 64-bit integers. */
  public PtNDArray tensor(long[] values, long... dims) {
    return (PtNDArray) manager.create(values, new Shape(dims));
  }

  /** A tensor of zeros. */
  public PtNDArray empty(long... dims) {
    return (PtNDArray) manager.zeros(new Shape(dims), DataType.FLOAT32);
  }

  /** Arguments, freed with this: tensors, or lists of tensors. */
  private IValue[] arguments(List<?> inputs) {
    return inputs.stream().map(this::argument).toArray(IValue[]::new);
  }

  private IValue argument(Object input) {
    IValue value =
        switch (input) {
          case PtNDArray array -> IValue.from(array);
          case List<?> list ->
              IValue.listFrom(list.stream().map(PtNDArray.class::cast).toArray(PtNDArray[]::new));
          default -> throw new IllegalArgumentException("no argument of a script: " + input);
        };
    values.add(value);
    return value;
  }

  PtNDManager manager() {
    return manager;
  }

  /** The module of {@code NAME.py} beside this class, or of {@code A.py} and {@code B.py}: A+B. */
  PtSymbolBlock script(String name) throws IOException {
    PtSymbolBlock block =
        JniUtils.loadModule(
            manager, new ByteArrayInputStream(ScriptArchive.of(name)), false, false);
    scripts.add(block);
    return block;
  }

  /**
   * A contestant that calls a method of a script.
   *
   * @param inputs tensors, or lists of tensors
   * @param outputs arrays that hold the results afterwards; none if the method returns them
   */
  public Contestant calling(String script, String method, List<?> inputs, PtNDArray... outputs)
      throws IOException {
    return new TorchCall(this, script(script), method, arguments(inputs), List.of(outputs));
  }

  /**
   * A contestant that calls a method of a script in which gradients are recorded; it returns a
   * list.
   *
   * @param inputs tensors, then lists of tensors
   * @param outputs compared after what it returns
   */
  public Contestant training(String script, String method, List<?> inputs, List<PtNDArray> outputs)
      throws IOException {
    PtNDArray name = empty(1);
    name.setName("module_method:" + method);
    NDList named = new NDList(name);
    for (int i = 0; i < inputs.size(); i++) {
      if (inputs.get(i) instanceof List<?> list) {
        for (Object member : list) {
          PtNDArray array = (PtNDArray) member;
          array.setName("list" + i + "[]");
          named.add(array);
        }
      } else {
        named.add((PtNDArray) inputs.get(i));
      }
    }
    return new TorchStep(this, script(script), named, outputs);
  }

  /** What a method of a script returns, to be an input of others. */
  public List<PtNDArray> results(String script, String method, List<?> inputs) throws IOException {
    try (IValue result = IValueUtils.runMethod(script(script), method, arguments(inputs))) {
      return result.toNDList(manager).stream().map(PtNDArray.class::cast).toList();
    }
  }

  @Override
  public void close() {
    values.forEach(IValue::close);
    scripts.forEach(PtSymbolBlock::close);
    manager.close();
  }
}
