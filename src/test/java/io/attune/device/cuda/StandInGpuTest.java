package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.cli.Attune;
import java.net.URI;
import java.net.URL;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code --device cuda} as on a GPU, through JCuda, JCublas2 and cuBLASLt, on libraries that stand
 * in for NVIDIA's: the driver runs the kernels of the emulation, cuBLAS computes plainly.
 */
class StandInGpuTest {
  private static final Path MODEL = Path.of("weights", "references", "names");

  @TempDir Path folder;
  private FakeCuda cuda;
  private Map<String, String> kernels;

  @BeforeEach
  void build() throws Exception {
    cuda = new FakeCuda(folder);
    URL library = KernelImages.class.getResource("kernels/libattune-emulated.so");
    FakeCuda.skipUnless(
        library != null && library.getProtocol().equals("file"),
        "the build made no kernels for the host, since there was no g++");
    kernels = Map.of("FAKE_KERNELS", Path.of(URI.create(library.toString())).toString());
    cuda.build("libcublas.so.12", "fake-cublas.c", "-DVERSION=120805", "-ldl");
    cuda.build("libcublasLt.so.12", "fake-cublas.c", "-DVERSION=120805", "-ldl");
  }

  @Test
  void aStepOfPyTorchsIsVerified() throws Exception {
    for (List<String> way : List.of(List.of("jcublas", "f32"), List.of("foreign", "bf16"))) {
      List<String> log =
          run(
              Attune.class,
              way.getFirst(),
              "verify",
              "--device=cuda",
              "--precision=" + way.getLast(),
              "--model=" + MODEL,
              "--reference=" + MODEL.resolve("reference-contrastive.safetensors"));
      String text = String.join("\n", log);
      assertTrue(log.getLast().endsWith(": PASS"), text);
      boolean through = text.contains("through JCublas2");
      assertEquals(way.getFirst().equals("jcublas"), through, text);
    }
  }

  @Test
  void aCapturedStepIsReplayedOnNewData() throws Exception {
    List<String> log = run(StandInGpuProgram.class, "jcublas");
    assertEquals(5, Collections.frequency(log, "step right"), () -> String.join("\n", log));
  }

  private List<String> run(Class<?> program, String blas, String... arguments) throws Exception {
    List<String> options =
        List.of(
            "--add-modules=jdk.incubator.vector",
            "-Dattune.cublas=" + folder,
            "-Dattune.blas=" + blas);
    return cuda.run(kernels, program, options, List.of(arguments));
  }
}
