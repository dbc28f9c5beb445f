package io.attune.device.cuda;

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
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * One NVIDIA GPU, or its emulation. Operations are queued in one stream and run in their order
 * while the host goes on; reading waits. Everything goes through {@link CudaDriver} and {@link
 * Blas}, so that the emulation runs the very same code.
 */
final class CudaDevice implements Device {
  /** Set to {@code off}, every step is queued anew instead of replayed as a graph. */
  static final String GRAPHS = "attune.cuda.graphs";

  private static final int OUT_OF_MEMORY = 2;

  private final String name;
  private final Precision precision;
  private final CudaContext context;
  private final Blas blas;
  private final CudaTransfers transfers;
  private final boolean graphs = !"off".equals(System.getProperty(GRAPHS));
  private final Set<CudaRecording> recordings = new LinkedHashSet<>();
  private final GemmOps gemm;
  private final LayerNormOps layerNorm;
  private final ActivationOps activation;
  private final NormalizeOps normalize;
  private final ElementwiseOps elementwise;
  private final DoraOps dora;
  private final CudaAdamW adamW;
  private final PhiloxOps philox;
  private final AttentionOps attention;
  private final EmbeddingOps embedding;
  private final ContrastiveOps contrastive;
  private final CudaReduce reduce;
  private final ReweightingOps reweighting;
  private final RdmOps rdm;

  /**
   * @param blas made in the driver's context; closed with the device
   */
  CudaDevice(String name, CudaContext context, Blas blas, Precision precision) {
    this.name = name;
    this.precision = precision;
    this.context = context;
    this.blas = blas;
    blas.setStream(context.stream());
    transfers = new CudaTransfers(context);
    gemm = new CudaGemm(context, blas, precision);
    layerNorm = new CudaLayerNorm(context);
    activation = new CudaActivation(context);
    normalize = new CudaNormalize(context);
    elementwise = new CudaElementwise(context);
    dora = new CudaDora(context);
    adamW = new CudaAdamW(context);
    philox = new CudaPhilox(context);
    attention = new CudaAttention(context);
    embedding = new CudaEmbedding(context);
    contrastive = new CudaContrastive(context);
    reduce = new CudaReduce(context);
    reweighting = new CudaReweighting(context);
    rdm = new CudaRdm(context);
  }

  /** What the device's families share. */
  CudaContext context() {
    return context;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public String description() {
    CudaDriver driver = context.driver();
    int ordinal = context.ordinal();
    return "%s: %s, compute capability %d.%d, %d MiB, %s, %s"
        .formatted(
            name,
            driver.deviceName(ordinal),
            driver.attribute(ordinal, DeviceAttribute.COMPUTE_CAPABILITY_MAJOR),
            driver.attribute(ordinal, DeviceAttribute.COMPUTE_CAPABILITY_MINOR),
            driver.totalMemory(ordinal) >> 20,
            precision.name().toLowerCase(java.util.Locale.ROOT),
            blas.description());
  }

  @Override
  public Precision precision() {
    return precision;
  }

  @Override
  public long availableBytes() {
    context.enter();
    long own = transfers.bytesToCome() + context.scratchToCome();
    return Math.max(0, context.driver().freeMemory() - own);
  }

  @Override
  public Tensor allocate(String tensorName, DType dtype, Shape shape) {
    if (dtype != DType.F32 && dtype != DType.I32 && dtype != DType.BF16) {
      throw new IllegalArgumentException(
          "a CUDA device holds F32, BF16 and I32, not " + dtype + " as asked for " + tensorName);
    }
    context.refuseCapture("allocate " + tensorName);
    long bytes = Math.max(1, Math.multiplyExact(shape.size(), dtype.bytes()));
    context.enter();
    CudaDriver driver = context.driver();
    long address;
    try {
      address = driver.allocate(bytes);
    } catch (CudaException e) {
      if (e.status() != OUT_OF_MEMORY) {
        throw e;
      }
      throw new DeviceMemoryException(
          "%s %s needs %d MiB, %s has %d of %d MiB left: lower the batch size, or stop what else runs there"
              .formatted(
                  tensorName,
                  shape,
                  bytes >> 20,
                  name,
                  driver.freeMemory() >> 20,
                  driver.totalMemory(context.ordinal()) >> 20),
          e);
    }
    driver.fill(address, (byte) 0, bytes, context.stream());
    return Tensor.of(tensorName, new CudaBuffer(context, dtype, shape.size(), address), 0, shape);
  }

  @Override
  public void write(Tensor target, float[] source, int offset) {
    transfers.write(target, source, offset);
  }

  @Override
  public void write(Tensor target, int[] source, int offset) {
    transfers.write(target, source, offset);
  }

  @Override
  public void read(Tensor source, float[] target, int offset) {
    transfers.read(source, target, offset);
  }

  @Override
  public void read(Tensor source, int[] target, int offset) {
    transfers.read(source, target, offset);
  }

  @Override
  public void synchronize() {
    context.refuseCapture("wait for itself");
    context.enter();
    context.driver().synchronize(context.stream());
  }

  @Override
  public Recording record(Runnable work) {
    CudaRecording recording = new CudaRecording(context, work, graphs, recordings::remove);
    recordings.add(recording);
    return recording;
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
    if (context.isClosed()) {
      return;
    }
    synchronize();
    List.copyOf(recordings).forEach(CudaRecording::close);
    transfers.close();
    adamW.close();
    reduce.close();
    blas.close();
    context.close();
  }
}
