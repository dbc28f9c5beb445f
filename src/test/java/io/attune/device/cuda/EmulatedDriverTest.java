package io.attune.device.cuda;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import io.attune.device.DeviceUnavailableException;
import io.attune.device.Precision;
import io.attune.device.cuda.CudaDriver.Event;
import io.attune.device.cuda.CudaDriver.Graph;
import io.attune.device.cuda.CudaDriver.Stream;
import io.attune.tensor.DType;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Streams, graphs, pinned memory and products of the emulated driver. */
class EmulatedDriverTest {
  private static Path library;

  private Probe probe;
  private EmulatedDriver driver;

  @BeforeAll
  static void build() throws Exception {
    library = Probe.build();
  }

  @BeforeEach
  void open() {
    probe = Probe.open(library, 1);
    driver = probe.driver;
  }

  @AfterEach
  void close() {
    probe.close();
  }

  @Test
  void aGraphRepeatsWhatWasCapturedWithItsArgumentsOfThen() {
    long x = probe.upload(1, 2, 3, 4);
    long y = probe.zeros(16);
    MemorySegment pinned = driver.allocatePinned(16);
    driver.beginCapture(probe.stream);
    probe.launch("probe_scale", 1, 32, 0, 3f, x, y, 4);
    driver.copyOnDevice(x, y, 8, probe.stream);
    driver.fill(y + 12, (byte) 0, 4, probe.stream);
    driver.copyToHostAsync(pinned, x, probe.stream);
    Graph graph = driver.endCapture(probe.stream);
    assertArrayEquals(new float[4], probe.floats(y, 4), "nothing runs during the capture");
    for (int i = 1; i <= 2; i++) {
      driver.launch(graph, probe.stream);
      driver.synchronize(probe.stream);
      float power = (float) Math.pow(3, i);
      float[] expected = {power, 2 * power, 3, 4};
      assertArrayEquals(expected, pinned.toArray(JAVA_FLOAT));
      assertArrayEquals(new float[] {power, 2 * power, 9, 0}, probe.floats(y, 4));
    }
    driver.destroyGraph(graph);
    driver.freePinned(pinned);
  }

  @Test
  void whatCudaRefusesDuringACaptureIsRefused() {
    long x = probe.zeros(16);
    Event event = driver.createEvent();
    driver.beginCapture(probe.stream);
    driver.record(event, probe.stream);
    assertStatus(900, () -> driver.allocate(16));
    assertStatus(900, () -> driver.free(x));
    assertStatus(900, () -> driver.synchronize(probe.stream));
    assertStatus(900, () -> driver.copyToHost(MemorySegment.ofAddress(x), x));
    assertStatus(900, () -> driver.beginCapture(driver.createStream()));
    assertStatus(907, () -> driver.synchronize(event));
    assertStatus(905, () -> driver.waitFor(probe.stream, driver.createEvent()));
    driver.endCapture(probe.stream);
    assertStatus(901, () -> driver.endCapture(probe.stream));
    driver.synchronize(probe.stream);
  }

  @Test
  void aStreamThatWaitsForACapturedOneIsCapturedToo() {
    long x = probe.upload(1, 1);
    Stream other = driver.createStream();
    Event event = driver.createEvent();
    driver.beginCapture(probe.stream);
    driver.record(event, probe.stream);
    driver.waitFor(other, event);
    driver.fill(x, (byte) 0, 4, other);
    driver.record(event, other);
    driver.waitFor(probe.stream, event);
    Graph graph = driver.endCapture(probe.stream);
    assertArrayEquals(new float[] {1, 1}, probe.floats(x, 2));
    driver.synchronize(other);
    driver.launch(graph, probe.stream);
    assertArrayEquals(new float[] {0, 1}, probe.floats(x, 2));
    driver.destroyGraph(graph);
  }

  @Test
  void aThreadMakesTheContextCurrentFirst() throws Exception {
    long x = probe.zeros(4);
    AtomicReference<Throwable> problem = new AtomicReference<>();
    Thread other =
        new Thread(
            () -> {
              assertStatus(201, () -> driver.allocate(4));
              assertStatus(201, () -> driver.fill(x, (byte) 0, 4, probe.stream));
              assertStatus(201, () -> driver.synchronize(probe.stream));
              driver.makeCurrent();
              driver.free(x);
            });
    other.setUncaughtExceptionHandler((thread, thrown) -> problem.set(thrown));
    other.start();
    other.join();
    assertNull(problem.get());
  }

  /** A stream that waits for the other's copy finds it; one that does not, with luck only. */
  @Test
  void withASeedStreamsRunLateUnlessTheyAreWaitedFor() {
    int lucky = 0;
    int trials = 40;
    for (int seed = 1; seed <= trials; seed++) {
      try (Probe late = Probe.late(library, seed)) {
        assertEquals(6, scaledCopy(late, true));
        float chance = scaledCopy(late, false);
        assertTrue(chance == 6 || Float.isNaN(chance), "found " + chance);
        lucky += chance == 6 ? 1 : 0;
      }
    }
    assertTrue(lucky > 0 && lucky < trials, lucky + " of " + trials);
  }

  /** 3 times what another stream copies to the device. */
  private static float scaledCopy(Probe probe, boolean waits) {
    EmulatedDriver driver = probe.driver;
    Stream copies = driver.createStream();
    Event arrived = driver.createEvent();
    MemorySegment pinned = driver.allocatePinned(4);
    pinned.set(JAVA_FLOAT, 0, 2);
    long x = driver.allocate(4);
    long y = driver.allocate(4);
    driver.copyToDeviceAsync(x, pinned, copies);
    driver.record(arrived, copies);
    if (waits) {
      driver.waitFor(probe.stream, arrived);
    }
    probe.launch("probe_scale", 1, 32, 0, 3f, x, y, 1);
    driver.synchronize(probe.stream);
    return probe.floats(y, 1)[0];
  }

  @Test
  void whatNobodyWaitsForIsNotThereYet() {
    try (Probe late = Probe.late(library, 3)) {
      Event event = late.driver.createEvent();
      long x = late.zeros(400);
      for (int i = 0; i < 100; i++) {
        late.driver.fill(x + 4 * i, (byte) 1, 4, late.stream);
      }
      late.driver.record(event, late.stream);
      assertFalse(late.driver.isDone(event));
      assertEquals(0, late.ints(x, 100)[99]);
      late.driver.synchronize(event);
      assertTrue(late.driver.isDone(event));
      assertEquals(0x01010101, late.ints(x, 100)[99]);
    }
  }

  @Test
  void memoryIsCountedAndEnds() {
    long free = driver.freeMemory();
    long address = driver.allocate(1000);
    assertEquals(free - 1000, driver.freeMemory());
    driver.free(address);
    assertEquals(free, driver.freeMemory());
    assertStatus(DriverStatus.OUT_OF_MEMORY, () -> driver.allocate(free + 1));
    assertThrows(CudaException.class, () -> driver.free(address));
  }

  /** c = 2 a b' + 0.5 c + bias, in a graph, with gaps between columns. */
  @Test
  void productsAreColumnMajorAndCanBeCaptured() {
    long a = probe.upload(1, 2, -9, 3, 4, -9); // (2, 2) with columns 3 apart
    long b = probe.upload(5, 6, 7, 8, 9, 10); // (3, 2)
    long c = probe.upload(1, 1, 1, 1, 1, 1); // (2, 3)
    long bias = probe.upload(100, 200);
    try (EmulatedBlas blas = new EmulatedBlas(driver)) {
      blas.setStream(probe.stream);
      Blas.Matrix left = new Blas.Matrix(a, DType.F32, 3);
      Blas.Matrix right = new Blas.Matrix(b, DType.F32, 3);
      Blas.Matrix out = new Blas.Matrix(c, DType.F32, 2);
      driver.beginCapture(probe.stream);
      blas.gemm(false, true, 2, 3, 2, 2, left, right, 0.5f, out, Blas.Compute.F32);
      Graph graph = driver.endCapture(probe.stream);
      driver.launch(graph, probe.stream);
      float[] expected = {58.5f, 84.5f, 66.5f, 96.5f, 74.5f, 108.5f};
      assertArrayEquals(expected, probe.floats(c, 6));
      Blas.Matrix square = new Blas.Matrix(c, DType.F32, 2);
      assertTrue(
          blas.gemmBias(
              true, false, 2, 2, 2, 1, left, left, 0, square, square, bias, Blas.Compute.F32));
      // a' a = [[5, 11], [11, 25]]
      assertArrayEquals(new float[] {105, 211, 111, 225}, probe.floats(c, 4));
      Blas.Matrix beyond = new Blas.Matrix(c, DType.F32, 2, 6);
      assertThrows(
          CudaException.class,
          () ->
              blas.gemmStridedBatched(
                  false, true, 2, 3, 2, 1, left, right, 0, beyond, 2, Blas.Compute.F32));
      driver.destroyGraph(graph);
    }
  }

  @Test
  void aMissingLibraryIsOneClearLine() {
    assertRefused(
        DeviceUnavailableException.class,
        EmulatedLibrary.LIBRARY_PROPERTY,
        "/no/such/library.so",
        "/no/such/library.so is no file");
  }

  @Test
  void aDamagedLibraryOrAnotherOneIsOneClearLine(@TempDir Path folder) throws IOException {
    Path damaged = Files.writeString(folder.resolve("damaged.so"), "no machine code");
    assertRefused(
        DeviceUnavailableException.class,
        EmulatedLibrary.LIBRARY_PROPERTY,
        damaged.toString(),
        damaged + "; build it again");
    Path javas = Path.of(System.getProperty("java.home"), "lib", System.mapLibraryName("java"));
    assertRefused(
        DeviceUnavailableException.class,
        EmulatedLibrary.LIBRARY_PROPERTY,
        javas.toString(),
        "not those of this version");
  }

  @Test
  void aSizeOfMemoryThatIsNoneIsOneClearLine() {
    for (String bytes : new String[] {"4g", "", "0", "-5"}) {
      assertRefused(
          InputException.class,
          EmulatedDriver.MEMORY,
          bytes,
          "-Dattune.emulated.memory=" + bytes + ": expected a number of bytes");
    }
  }

  /** What opening the device says while a property has this value. */
  private static void assertRefused(
      Class<? extends Exception> kind, String property, String value, String expected) {
    KernelVariants.requireHostKernels();
    String kept = System.getProperty(property);
    System.setProperty(property, value);
    try {
      Exception refused = assertThrows(kind, () -> new EmulatedProvider().open("", Precision.F32));
      assertTrue(refused.getMessage().contains(expected), refused.getMessage());
    } finally {
      if (kept == null) {
        System.clearProperty(property);
      } else {
        System.setProperty(property, kept);
      }
    }
  }

  private static void assertStatus(int status, Executable call) {
    CudaException refused = assertThrows(CudaException.class, call);
    assertEquals(status, refused.status(), refused.getMessage());
  }
}
