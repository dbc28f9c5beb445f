package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.cli.Attune;
import java.net.URI;
import java.net.URL;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
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
    kernels = new HashMap<>();
    kernels.put("FAKE_KERNELS", Path.of(URI.create(library.toString())).toString());
    cuda.build("libcublas.so.12", "fake-cublas.c", "-DVERSION=120805", "-ldl");
    cuda.build("libcublasLt.so.12", "fake-cublas.c", "-DVERSION=120805", "-ldl");
  }

  @Test
  void aStepOfPyTorchsIsVerified() throws Exception {
    for (List<String> way : List.of(List.of("jcublas", "f32"), List.of("foreign", "bf16"))) {
      List<String> log = verify(0, way.getFirst(), way.getLast());
      String text = String.join("\n", log);
      assertTrue(log.getLast().endsWith(": PASS"), text);
      boolean through = text.contains("through JCublas2");
      assertEquals(way.getFirst().equals("jcublas"), through, text);
    }
  }

  @Test
  void aCapturedStepIsReplayedOnNewData() throws Exception {
    List<String> log = run(0, StandInGpuProgram.class, "jcublas");
    assertEquals(5, Collections.frequency(log, "step right"), () -> String.join("\n", log));
  }

  @Test
  void aLostContextIsOneLineAndStatusTwo() throws Exception {
    kernels.put("FAKE_FAULT_AFTER", "40");
    List<String> log = verify(2, "jcublas", "f32");
    String text = String.join("\n", log);
    assertTrue(log.getLast().startsWith("attune: cu"), text);
    assertTrue(log.getLast().contains("CUDA_ERROR_ILLEGAL_ADDRESS"), text);
    assertTrue(log.getLast().contains("the latest was "), text);
    assertTrue(log.getLast().contains("--resume"), text);
    assertTrue(log.stream().noneMatch(line -> line.startsWith("\tat ")), text);
  }

  private List<String> verify(int status, String blas, String precision) throws Exception {
    return run(
        status,
        Attune.class,
        blas,
        "verify",
        "--device=cuda",
        "--precision=" + precision,
        "--model=" + MODEL,
        "--reference=" + MODEL.resolve("reference-contrastive.safetensors"));
  }

  private List<String> run(int status, Class<?> program, String blas, String... arguments)
      throws Exception {
    List<String> options =
        List.of(
            "--add-modules=jdk.incubator.vector",
            "-Dattune.cublas=" + folder,
            "-Dattune.blas=" + blas);
    return cuda.run(status, kernels, program, options, List.of(arguments));
  }
}
