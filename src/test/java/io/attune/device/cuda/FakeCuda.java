package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Libraries that stand in for NVIDIA's on the host, built by gcc, and programs that are run on
 * them: in a Java of their own, so that nothing else takes them for a GPU.
 */
final class FakeCuda {
  private final Path folder;

  /** Builds the driver. */
  FakeCuda(Path folder) throws IOException, InterruptedException {
    this.folder = folder;
    boolean linux =
        System.getProperty("os.name").equals("Linux")
            && System.getProperty("os.arch").equals("amd64");
    skipUnless(linux, "stand-ins for CUDA's libraries are for Linux on amd64 only");
    skipUnless(onPath("gcc"), "no gcc on the path to build stand-ins for CUDA's libraries with");
    build("libcuda.so.1", "fake-driver.c", "-ldl");
  }

  static void skipUnless(boolean possible, String reason) {
    if (!possible) {
      System.out.println("skipped: " + reason);
    }
    assumeTrue(possible, reason);
  }

  private static boolean onPath(String program) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .anyMatch(entry -> Files.isExecutable(Path.of(entry, program)));
  }

  /** Builds a library whose functions bear its name as their version, as NVIDIA's do. */
  void build(String library, String source, String... options)
      throws IOException, InterruptedException {
    Path code = folder.resolve(source);
    try (var in = FakeCuda.class.getResourceAsStream(source)) {
      Files.write(code, in.readAllBytes());
    }
    Path versions = Files.writeString(folder.resolve("versions"), library + " { global: *; };");
    List<String> command = new ArrayList<>(List.of("gcc", "-shared", "-fPIC", "-O1", "-w"));
    command.addAll(List.of(options));
    command.addAll(List.of("-Wl,-soname," + library, "-Wl,--version-script," + versions));
    command.addAll(List.of("-o", folder.resolve(library).toString(), code.toString()));
    List<String> remarks = output(new ProcessBuilder(command), 0);
    assertTrue(remarks.isEmpty(), String.join("\n", remarks));
  }

  /** The lines that a program writes on these libraries. */
  List<String> run(Class<?> program, String... options) throws IOException, InterruptedException {
    return run(0, Map.of(), program, List.of(options), List.of());
  }

  /** As above, with an exit status to expect, variables of the environment and arguments. */
  List<String> run(
      int status,
      Map<String, String> environment,
      Class<?> program,
      List<String> options,
      List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("--enable-native-access=ALL-UNNAMED");
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), program.getName()));
    command.addAll(arguments);
    ProcessBuilder java = new ProcessBuilder(command);
    java.environment().put("LD_LIBRARY_PATH", folder.toString());
    java.environment().keySet().removeAll(List.of("JDK_JAVA_OPTIONS", "FAKE_KERNELS"));
    java.environment().putAll(environment);
    return output(java, status);
  }

  private static List<String> output(ProcessBuilder command, int status)
      throws IOException, InterruptedException {
    Process process = command.redirectErrorStream(true).start();
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(status, process.waitFor(), text);
    return text.lines().toList();
  }
}
