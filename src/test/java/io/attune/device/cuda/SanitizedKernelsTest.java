package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.attune.device.op.ContractRun;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Kernels under AddressSanitizer, in JVMs of their own: every access within its array. */
class SanitizedKernelsTest {
  private record Result(int status, String output) {}

  private static String sanitizer;

  @BeforeAll
  static void findSanitizer() throws Exception {
    KernelVariants.requireHostKernels();
    Process asked =
        new ProcessBuilder("g++", "-print-file-name=libasan.so").redirectErrorStream(true).start();
    sanitizer = new String(asked.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    // Without the file the compiler answers with its bare name.
    boolean present = asked.waitFor() == 0 && sanitizer.contains("/");
    if (!present) {
      System.out.println("skipped: g++ is here, but not libasan.so");
    }
    assumeTrue(present, "no AddressSanitizer");
  }

  @Test
  void accessesOutsideAnArrayStopTheProcess() throws Exception {
    Path kernels = Path.of("target", "variants", "sanitized-probe", "kernels");
    for (String folder : List.of("common", "emulation")) {
      KernelVariants.copyFiles(Path.of("kernels", folder), kernels.resolve(folder));
    }
    KernelVariants.write(
        kernels.resolve("probe.cu"),
        Files.readString(Path.of("src", "test", "kernels", "probe.cu")));
    String library = KernelVariants.buildSanitized(kernels, "sanitized-probe").toString();
    Result clean = run(SanitizedProbe.class, library, "clean");
    assertEquals(0, clean.status(), clean.output());
    assertStops("heap-buffer-overflow", library, "probe_overrun");
    assertStops("use-after-poison", library, "probe_shared_overrun");
    assertStops("stack-buffer-overflow", library, "probe_stack_overrun");
  }

  private static void assertStops(String error, String library, String kernel) throws Exception {
    Result stopped = run(SanitizedProbe.class, library, kernel);
    assertNotEquals(0, stopped.status(), stopped.output());
    assertTrue(stopped.output().contains(error), stopped.output());
    assertTrue(stopped.output().contains("in " + kernel), stopped.output());
  }

  /** All contracts: a minute or two. */
  @Test
  @Tag("large")
  void contractsStayWithinTheirArrays() throws Exception {
    Path library = KernelVariants.buildSanitized(Path.of("kernels"), "sanitized");
    List<String> contracts;
    try (Stream<Path> files = Files.list(Path.of("src/test/java/io/attune/device/op"))) {
      contracts =
          files
              .map(file -> file.getFileName().toString())
              .filter(name -> name.endsWith("Contract.java"))
              .map(name -> name.substring(0, name.length() - ".java".length()))
              .sorted()
              .toList();
    }
    Result result =
        run(
            "-D" + EmulatedLibrary.LIBRARY_PROPERTY + "=" + library,
            ContractRun.class,
            contracts.toArray(String[]::new));
    assertEquals(0, result.status(), result.output());
    System.out.print(result.output());
  }

  private static Result run(Class<?> main, String... arguments) throws Exception {
    return run("-Xmx256m", main, arguments);
  }

  private static Result run(String option, Class<?> main, String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "--add-modules=jdk.incubator.vector",
                "--enable-native-access=ALL-UNNAMED",
                option,
                "-cp",
                System.getProperty("java.class.path"),
                main.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().put("LD_PRELOAD", sanitizer);
    builder
        .environment()
        .put("ASAN_OPTIONS", "detect_leaks=0:handle_segv=0:allow_user_segv_handler=1");
    Process process = builder.start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), output);
  }
}
