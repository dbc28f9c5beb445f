package io.attune.device.cuda;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** An emulated driver with the kernels of src/test/kernels/probe.cu, and memory for them. */
final class Probe implements AutoCloseable {
  private final Arena arena = Arena.ofConfined();
  final EmulatedDriver driver;
  final CudaDriver.Stream stream;
  private final CudaDriver.Module module;

  private Probe(EmulatedDriver driver) {
    this.driver = driver;
    driver.retainPrimaryContext(0);
    this.stream = driver.createStream();
    this.module = driver.loadFamily("probe");
  }

  /** The library with the probe's kernels; built once a test class. */
  static Path build() throws Exception {
    String source = Files.readString(Path.of("src", "test", "kernels", "probe.cu"));
    return new KernelVariants("probe", Map.of("probe", Map.of("probe.cu", source)))
        .library("probe");
  }

  /** A driver that does its work at once; the seed is that of the threads' order. */
  static Probe open(Path library, long seed) {
    return new Probe(new EmulatedDriver(EmulatedLibrary.open(library, seed), 0));
  }

  /** A driver whose streams run when the seed has them run. */
  static Probe late(Path library, long seed) {
    return new Probe(new EmulatedDriver(EmulatedLibrary.open(library, seed), seed));
  }

  CudaDriver.Function kernel(String name) {
    return driver.function(module, name);
  }

  /** Launches with Long (pointer, long long), Integer, Float and Double arguments. */
  void launch(String kernel, int blocks, int threads, int sharedBytes, Object... values) {
    launch(kernel, new int[] {blocks, 1, 1}, threads, sharedBytes, values);
  }

  void launch(String kernel, int[] grid, int threads, int sharedBytes, Object... values) {
    KernelArguments arguments = new KernelArguments(arena, values.length);
    for (int i = 0; i < values.length; i++) {
      switch (values[i]) {
        case Long value -> arguments.set(i, (long) value);
        case Integer value -> arguments.set(i, (int) value);
        case Float value -> arguments.set(i, (float) value);
        case Double value -> arguments.set(i, (double) value);
        default -> throw new IllegalArgumentException("argument " + values[i]);
      }
    }
    driver.launch(
        kernel(kernel),
        grid[0],
        grid[1],
        grid[2],
        threads,
        sharedBytes,
        stream,
        arguments.segment());
  }

  long upload(float... values) {
    return upload(arena.allocateFrom(JAVA_FLOAT, values));
  }

  long upload(short... values) {
    return upload(arena.allocateFrom(JAVA_SHORT, values));
  }

  long zeros(int bytes) {
    return upload(arena.allocate(bytes));
  }

  private long upload(MemorySegment values) {
    long address = driver.allocate(values.byteSize());
    driver.copyToDevice(address, values);
    return address;
  }

  float[] floats(long address, int count) {
    return download(address, 4L * count).toArray(JAVA_FLOAT);
  }

  int[] ints(long address, int count) {
    return download(address, 4L * count).toArray(JAVA_INT);
  }

  double[] doubles(long address, int count) {
    return download(address, 8L * count).toArray(JAVA_DOUBLE);
  }

  byte[] bytes(long address, int count) {
    return download(address, count).toArray(JAVA_BYTE);
  }

  private MemorySegment download(long address, long bytes) {
    MemorySegment values = arena.allocate(bytes, 8);
    driver.copyToHost(values, address);
    return values;
  }

  @Override
  public void close() {
    driver.close();
    arena.close();
  }
}
