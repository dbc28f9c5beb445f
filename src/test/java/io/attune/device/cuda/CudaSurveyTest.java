package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the survey says of a machine with everything, and of one with nothing. */
class CudaSurveyTest {
  @TempDir Path folder;

  @Test
  void allThatIsThereIsNamedWithItsPlace() throws Exception {
    FakeCuda cuda = new FakeCuda(folder);
    cuda.build("libcublas.so.12", "fake-cublas.c", "-DVERSION=120805");
    cuda.build("libcublasLt.so.12", "fake-cublas.c", "-DVERSION=120805");
    cuda.build("libcudnn.so.9", "fake-cudnn.c", "-lm");
    for (String part : List.of("graph", "ops", "cnn")) {
      Files.createFile(folder.resolve("libcudnn_" + part + ".so.9"));
    }
    List<String> lines =
        cuda.run(CudaSurveyProgram.class, "-Dattune.cublas=" + folder, "-Dattune.cudnn=" + folder);
    String text = String.join("\n", lines);
    assertTrue(lines.contains("driver yes libcuda.so.1 serves CUDA 13.0, 1 card"), text);
    assertTrue(text.contains("cuda:0 yes Pretence, 80.0 GiB, compute capability 9.0"), text);
    assertTrue(
        text.contains(
            "cuBLAS yes cuBLAS 12.8.5 at " + folder + "/libcublas.so.12, through JCublas2"),
        text);
    assertTrue(text.contains("cuDNN yes cuDNN 9.10.2 at " + folder), text);
    assertTrue(text.contains("\nkernels yes "), text);
  }

  @Test
  void aDriverWithoutCardsSaysWhereToLook() throws Exception {
    FakeCuda cuda = new FakeCuda(folder);
    List<String> lines =
        cuda.run(0, Map.of("FAKE_NO_CARD", "1"), CudaSurveyProgram.class, List.of(), List.of());
    assertTrue(
        lines.getFirst().startsWith("driver no libcuda.so.1 is here, but it shows no device"),
        lines::toString);
    assertTrue(lines.getFirst().contains("CUDA_VISIBLE_DEVICES"), lines::toString);
  }

  @Test
  void whatIsMissingIsOneLineWithARemedy() throws Exception {
    FakeCuda cuda = new FakeCuda(folder);
    Path nowhere = folder.resolve("nowhere");
    List<String> lines =
        cuda.run(
            CudaSurveyProgram.class,
            "-Dattune.cublas=" + nowhere,
            "-Dattune.cudnn=" + nowhere,
            "-Dattune.nvrtc=" + nowhere);
    String text = String.join("\n", lines);
    for (String name : List.of("cublas", "cudnn", "nvrtc")) {
      long told =
          lines.stream()
              .filter(line -> line.toLowerCase(java.util.Locale.ROOT).startsWith(name + " no no "))
              .filter(line -> line.contains("which -Dattune." + name + " names"))
              .count();
      assertEquals(1, told, text);
    }
    assertEquals(6, lines.size(), text);
  }
}
