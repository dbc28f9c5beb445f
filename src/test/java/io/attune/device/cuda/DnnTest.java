package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** cuDNN through JCudnn, on one that computes on the host: fake-cudnn.c. */
class DnnTest {
  @TempDir Path folder;

  @Test
  void operationsAreRight() throws Exception {
    FakeCuda cuda = new FakeCuda(folder);
    cuda.build("libcudnn.so.9", "fake-cudnn.c", "-lm");
    for (String part : List.of("graph", "ops", "cnn")) {
      Files.createFile(folder.resolve("libcudnn_" + part + ".so.9"));
    }
    List<String> log = cuda.run(DnnProgram.class, "-Dattune.cudnn=" + folder);
    String text = String.join("\n", log);
    assertTrue(text.contains("using cuDNN 9.10.2 at " + folder), text);
    assertTrue(log.contains("softmax right"), text);
    assertEquals(2, Collections.frequency(log, "convolution right"), text);
    assertTrue(
        text.contains(
            "refused: cudnnSetTensor4dDescriptor failed with status 2000: CUDNN_STATUS_BAD_PARAM"),
        text);
  }

  /** A real cuDNN ends the program when one of its parts is missing: it must not be loaded. */
  @Test
  void anIncompleteCudnnIsNotLoaded() throws Exception {
    Files.createFile(folder.resolve("libcudnn.so.9"));
    LibrarySearch search =
        new LibrarySearch(
            CudaLibrary.CUDNN.names("Linux"), folder, folder, folder, Collections.emptyMap());
    String message = "";
    try {
      CudaLibrary.CUDNN.load(search, 0);
    } catch (CudaUnavailableException e) {
      message = e.getMessage();
    }
    assertTrue(message.startsWith("no cuDNN that loads at " + folder), message);
  }

  @Test
  void theRealOneAnswers() {
    try {
      CudaLibrary.Loaded library = CudaLibrary.CUDNN.load();
      long version = JCudnnDnn.version();
      System.out.println("cuDNN " + version + " at " + library.path());
      assertTrue(version >= 90_000, "version " + version);
    } catch (CudaUnavailableException absent) {
      System.out.println("skipped: " + absent.getMessage());
      assumeTrue(false, absent.getMessage());
    }
  }
}
