package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the build of the kernels does with compilers that fail; an nvcc of ours stands in. */
class KernelsBuildTest {
  @TempDir Path folder;
  private Path output;

  private record Result(int status, String text) {}

  @BeforeEach
  void kernels() throws Exception {
    Files.createDirectories(folder.resolve("kernels/common"));
    Files.writeString(folder.resolve("kernels/family.cu"), "nothing that compiles");
    output = Files.createDirectories(folder.resolve("output"));
  }

  private void nvcc(String script) throws Exception {
    tool("nvcc", script);
  }

  private void tool(String name, String script) throws Exception {
    Path tool = Files.createDirectories(folder.resolve("tools")).resolve(name);
    Files.writeString(tool, "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** Such as one without a static libstdc++. */
  @Test
  void aCompilerThatLinksNothingIsAsGoodAsNone() throws Exception {
    nvcc("exit 1");
    tool("g++", "echo cannot find -lstdc++; exit 1");
    Result result = build("default");
    assertEquals(0, result.status(), result.text());
    assertTrue(
        result.text().contains("links nothing here (cannot find -lstdc++); the device 'emulated'"),
        result.text());
  }

  private Result build(String mode) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "src/build/Kernels.java",
            mode,
            folder.resolve("kernels").toString(),
            output.toString(),
            folder.resolve("objects").toString(),
            folder.resolve("reports").toString());
    builder.environment().put("PATH", folder.resolve("tools").toString());
    Process process = builder.redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), text);
  }

  /** Such as one whose host compiler is missing, or too new for it. */
  @Test
  void anNvccThatCompilesNothingIsAsGoodAsNone() throws Exception {
    nvcc("echo unsupported GNU version; exit 1");
    Files.writeString(output.resolve("family.fatbin"), "of an earlier build");
    Result result = build("default");
    assertEquals(0, result.status(), result.text());
    assertTrue(
        result.text().contains("compiles nothing here (unsupported GNU version); not built"),
        result.text());
    assertFalse(Files.exists(output.resolve("family.fatbin")));
    assertFalse(Files.exists(output.resolve("targets")));
    assertTrue(Files.exists(output.resolve("family.cu")), "NVRTC may compile it yet");
    // Which tells the tests why there is no fatbin.
    assertEquals(List.of(folder.resolve("reports/unbuilt.txt")), reports());
    String why = Files.readString(reports().getFirst());
    assertTrue(why.contains("compiles nothing here (unsupported GNU version)"), why);
  }

  @Test
  void aBuildThatIsToSkipKernelsTellsTheTestsSo() throws Exception {
    nvcc("exit 1");
    Result result = build("skip");
    assertEquals(0, result.status(), result.text());
    assertTrue(result.text().contains("kernels: not built, as asked"), result.text());
    assertEquals(
        "not built, as asked; the jar holds their sources",
        Files.readString(folder.resolve("reports/unbuilt.txt")).strip());
  }

  @Test
  void aKernelThatDoesNotCompileFailsTheBuild() throws Exception {
    nvcc("case \"$*\" in *empty.cu) exit 0 ;; esac; echo 'family.cu(1): error: no kernel'; exit 1");
    Result result = build("default");
    assertEquals(1, result.status(), result.text());
    assertTrue(result.text().contains("family.cu(1): error: no kernel"), result.text());
    assertTrue(result.text().contains("ATTUNE_KERNELS=skip"), result.text());
    assertEquals(List.of(), reports());
  }

  @Test
  void aMisspeltModeIsAnError() throws Exception {
    Result result = build("none");
    assertEquals(1, result.status(), result.text());
    assertTrue(
        result.text().contains("-Dkernels=none is none of default, all, skip"), result.text());
  }

  private List<Path> reports() throws Exception {
    try (var files = Files.list(folder.resolve("reports"))) {
      return files.toList();
    }
  }
}
