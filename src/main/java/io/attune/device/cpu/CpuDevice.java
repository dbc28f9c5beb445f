package io.attune.device.cpu;

import io.attune.InputException;
import io.attune.device.Device;
import io.attune.device.DeviceMemoryException;
import io.attune.device.Precision;
import io.attune.device.Recording;
import io.attune.device.op.ActivationOps;
import io.attune.device.op.AdamWOps;
import io.attune.device.op.AttentionOps;
import io.attune.device.op.ContrastiveOps;
import io.attune.device.op.DoraOps;
import io.attune.device.op.ElementwiseOps;
import io.attune.device.op.EmbeddingOps;
import io.attune.device.op.GemmOps;
import io.attune.device.op.LayerNormOps;
import io.attune.device.op.NormalizeOps;
import io.attune.device.op.PhiloxOps;
import io.attune.device.op.RdmOps;
import io.attune.device.op.ReduceOps;
import io.attune.device.op.ReweightingOps;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;

/**
 * The processor. Memory is the Java heap; operations run at once, on all threads, and have finished
 * when they return. One device serves one caller at a time. Results do not depend on the number of
 * threads.
 */
public final class CpuDevice implements Device {
  private final CpuThreads threads;
  private final GemmOps gemm;
  private final AttentionOps attention;
  private final LayerNormOps layerNorm;
  private final ActivationOps activation;
  private final EmbeddingOps embedding;
  private final NormalizeOps normalize;
  private final ContrastiveOps contrastive;
  private final DoraOps dora;
  private final AdamWOps adamW;
  private final PhiloxOps philox;
  private final ReduceOps reduce;
  private final ElementwiseOps elementwise;
  private final ReweightingOps reweighting;
  private final RdmOps rdm;

  private CpuDevice(int threads) {
    this.threads = new CpuThreads(threads);
    this.gemm = new CpuGemm(this.threads);
    this.attention = new CpuAttention(this.threads);
    this.layerNorm = new CpuLayerNorm(this.threads);
    this.activation = new CpuActivation(this.threads);
    this.embedding = new CpuEmbedding(this.threads);
    this.normalize = new CpuNormalize(this.threads);
    this.contrastive = new CpuContrastive(this.threads);
    this.dora = new CpuDora(this.threads);
    this.adamW = new CpuAdamW(this.threads);
    this.philox = new CpuPhilox(this.threads);
    this.reduce = new CpuReduce(this.threads);
    this.elementwise = new CpuElementwise(this.threads);
    this.reweighting = new CpuReweighting(this.threads);
    this.rdm = new CpuRdm(this.threads);
  }

  /** A device on all processors. */
  public static CpuDevice create() {
    return create(Runtime.getRuntime().availableProcessors());
  }

  /**
   * A device on this many threads.
   *
   * @throws InputException if there is not at least one
   */
  public static CpuDevice create(int threads) {
    if (threads < 1) {
      throw new InputException("the cpu device needs at least 1 thread, not " + threads);
    }
    return new CpuDevice(threads);
  }

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public String description() {
    return "cpu: %s, %s, %d %s"
        .formatted(
            System.getProperty("os.arch"),
            VectorWidth.describe(),
            threads.count(),
            threads.count() == 1 ? "thread" : "threads");
  }

  @Override
  public Precision precision() {
    return Precision.F32;
  }

  @Override
  public long availableBytes() {
    // Asked before long work only: garbage must not count as taken.
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.maxMemory() - (runtime.totalMemory() - runtime.freeMemory());
  }

  @Override
  public Tensor allocate(String name, DType dtype, Shape shape) {
    long bytes = Math.multiplyExact(shape.size(), dtype.bytes());
    if (shape.size() > Integer.MAX_VALUE - 16) {
      throw new DeviceMemoryException(
          "%s %s holds %d elements, more than the %d of one tensor on the cpu"
              .formatted(name, shape, shape.size(), Integer.MAX_VALUE - 16),
          null);
    }
    try {
      return Tensor.of(name, new CpuBuffer(dtype, (int) shape.size()), 0, shape);
    } catch (OutOfMemoryError e) {
      throw new DeviceMemoryException(
          "%s %s needs %d MiB, the heap has %d of %d MiB left: raise -Xmx or lower the batch size"
              .formatted(
                  name,
                  shape,
                  bytes >> 20,
                  availableBytes() >> 20,
                  Runtime.getRuntime().maxMemory() >> 20),
          e);
    }
  }

  @Override
  public void write(Tensor target, float[] source, int offset) {
    float[] floats = CpuBuffer.floats(target);
    int columns = target.columns();
    for (int row = 0; row < target.rows(); row++) {
      int at = CpuBuffer.offset(target) + row * CpuBuffer.stride(target);
      System.arraycopy(source, offset + row * columns, floats, at, columns);
    }
  }

  @Override
  public void write(Tensor target, int[] source, int offset) {
    int[] ints = CpuBuffer.ints(target);
    int columns = target.columns();
    for (int row = 0; row < target.rows(); row++) {
      int at = CpuBuffer.offset(target) + row * CpuBuffer.stride(target);
      System.arraycopy(source, offset + row * columns, ints, at, columns);
    }
  }

  @Override
  public void read(Tensor source, float[] target, int offset) {
    float[] floats = CpuBuffer.floats(source);
    int columns = source.columns();
    for (int row = 0; row < source.rows(); row++) {
      int at = CpuBuffer.offset(source) + row * CpuBuffer.stride(source);
      System.arraycopy(floats, at, target, offset + row * columns, columns);
    }
  }

  @Override
  public void read(Tensor source, int[] target, int offset) {
    int[] ints = CpuBuffer.ints(source);
    int columns = source.columns();
    for (int row = 0; row < source.rows(); row++) {
      int at = CpuBuffer.offset(source) + row * CpuBuffer.stride(source);
      System.arraycopy(ints, at, target, offset + row * columns, columns);
    }
  }

  @Override
  public void synchronize() {}

  @Override
  public Recording record(Runnable work) {
    return new Repetition(work);
  }

  /** On the host there is nothing to save: the work is done each time. */
  private record Repetition(Runnable work) implements Recording {
    @Override
    public void run() {
      work.run();
    }

    @Override
    public void close() {}
  }

  @Override
  public GemmOps gemm() {
    return gemm;
  }

  @Override
  public AttentionOps attention() {
    return attention;
  }

  @Override
  public LayerNormOps layerNorm() {
    return layerNorm;
  }

  @Override
  public ActivationOps activation() {
    return activation;
  }

  @Override
  public EmbeddingOps embedding() {
    return embedding;
  }

  @Override
  public NormalizeOps normalize() {
    return normalize;
  }

  @Override
  public ContrastiveOps contrastive() {
    return contrastive;
  }

  @Override
  public DoraOps dora() {
    return dora;
  }

  @Override
  public AdamWOps adamW() {
    return adamW;
  }

  @Override
  public PhiloxOps philox() {
    return philox;
  }

  @Override
  public ReduceOps reduce() {
    return reduce;
  }

  @Override
  public ElementwiseOps elementwise() {
    return elementwise;
  }

  @Override
  public ReweightingOps reweighting() {
    return reweighting;
  }

  @Override
  public RdmOps rdm() {
    return rdm;
  }

  @Override
  public void close() {
    threads.close();
  }
}
