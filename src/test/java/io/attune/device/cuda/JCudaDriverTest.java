package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What JCuda hands a driver, seen by one that only logs and copies: built from fake-driver.c and
 * loaded as libcuda.so.1 by a Java of its own, so that nothing else takes it for a GPU.
 */
class JCudaDriverTest {
  @TempDir static Path folder;
  private static List<String> log;

  @BeforeAll
  static void runOnAFakeDriver() throws Exception {
    log = new FakeCuda(folder).run(JCudaDriverProgram.class);
  }

  @Test
  void aLaunchBringsItsGridAndItsCurrentArguments() {
    holds("attribute 0x300 8 99000");
    holds("launch 0x300 7,2,3 128,1,1 4096 on 0x400: abc -5 0.25");
    holds("launch 0x300 8,1,1 64,1,1 0 on 0x400: def -5 0.25");
    holds("launch 0x300 9,1,1 32,1,1 0 on 0x400: 1 2 3");
    holds("module of PTX!");
    holds("unload 0x200");
  }

  @Test
  void launchesLeaveNoGarbage() {
    holds("garbage of launches: 0 bytes");
  }

  @Test
  void copiesArriveWhole() {
    holds("pinned true, pageable true");
    holds("again true");
    holds("to device on 0x401");
    holds("on device on 0x401");
    holds("to host on 0x401");
    holds("free host");
  }

  @Test
  void streamsRunBesideEachOtherAndWaitForEvents() {
    assertEquals(2, log.stream().filter("stream 1"::equals).count(), String.join("\n", log));
    holds("record 0x500 0x401");
    holds("wait 0x400 0x500 0");
    holds("done false then true");
    holds("took 1.5");
  }

  @Test
  void aCaptureBecomesAGraph() {
    int at = log.indexOf("capture 0x400 1");
    assertEquals(
        List.of(
            "captured",
            "instantiate 0x600 0",
            "destroy graph 0x600",
            "graph 0x700 on 0x400",
            "destroy 0x700"),
        log.subList(at + 1, at + 6));
  }

  @Test
  void failuresNameTheCallTheKernelAndWhatToDo() {
    List<String> refused = log.stream().filter(line -> line.startsWith("refused: ")).toList();
    assertEquals(5, refused.size(), String.join("\n", log));
    contains(refused.get(0), "cuMemAlloc of 2199023255552 bytes", "status 2", "smaller --batch");
    contains(refused.get(1), "bad_kernel", "grid 5 x 1 x 1", "2048 threads", "16 bytes of shared");
    contains(refused.get(2), "status 12345", "no name of it");
    contains(refused.get(3), "status 222", "the driver is too old");
    contains(
        refused.get(4),
        "cuStreamSynchronize",
        "CUDA_ERROR_ILLEGAL_ADDRESS",
        "the latest was bad_kernel with grid 666 x 1 x 1, blocks of 128 threads",
        "compute-sanitizer",
        "--resume");
  }

  private static void contains(String line, String... parts) {
    for (String part : parts) {
      assertTrue(line.contains(part), line);
    }
  }

  private static void holds(String line) {
    assertTrue(log.contains(line), () -> line + " is not in\n" + String.join("\n", log));
  }
}
