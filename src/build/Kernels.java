import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Builds one fatbin for each kernels/*.cu and packages the sources beside them, and the kernels'
 * host library of {@link Emulation}; run by the build in source-launch mode.
 *
 * <p>Usage: {@code java Kernels.java default|all|skip KERNELS OUTPUT OBJECTS}. {@code default} is
 * sm_90 machine code and PTX for compute_80; {@code all} is machine code for every card that a
 * release serves. A family whose sources and targets have not changed since its fatbin was made is
 * left alone. Without nvcc only the sources and the host library are packaged, with {@code skip}
 * only the sources.
 */
public final class Kernels {
  private static final List<String> DEFAULT_TARGETS = List.of("sm_90", "compute_80");
  private static final List<String> ALL_TARGETS =
      List.of("sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120", "compute_80");

  public static void main(String[] args) throws Exception {
    String mode = args[0];
    Path sources = Path.of(args[1]);
    Path output = Path.of(args[2]);
    Path library = output.resolve("libattune-emulated.so");
    List<Path> families = list(sources, ".cu");
    List<Path> headers = list(sources.resolve("common"), ".cuh");
    Files.createDirectories(output.resolve("common"));
    for (Path source : concatenate(families, headers)) {
      Files.copy(
          source, output.resolve(sources.relativize(source)), StandardCopyOption.REPLACE_EXISTING);
    }
    if (mode.equals("skip")) {
      Files.deleteIfExists(library);
    } else {
      Emulation.build(false, sources, Path.of(args[3]), library);
    }
    Optional<Path> nvcc = mode.equals("skip") ? Optional.empty() : findNvcc();
    if (nvcc.isEmpty()) {
      for (Path stale : concatenate(list(output, ".fatbin"), list(output, ".sha256"))) {
        Files.delete(stale);
      }
      System.out.println(
          mode.equals("skip")
              ? "kernels: not built, as asked; the jar holds their sources"
              : "kernels: no nvcc on the path, in CUDA_HOME or in /usr/local/cuda; "
                  + "not built, the jar holds their sources");
      return;
    }
    List<String> targets = mode.equals("all") ? ALL_TARGETS : DEFAULT_TARGETS;
    List<String> built = new ArrayList<>();
    for (Path family : families) {
      if (build(nvcc.get(), family, headers, targets, output)) {
        built.add(family.getFileName().toString());
      }
    }
    if (!built.isEmpty()) {
      System.out.println("kernels: " + nvcc.get() + " built " + built + " for " + targets);
    }
  }

  private static boolean build(
      Path nvcc, Path family, List<Path> headers, List<String> targets, Path output)
      throws Exception {
    String name = family.getFileName().toString().replaceFirst("\\.cu$", "");
    Path fatbin = output.resolve(name + ".fatbin");
    Path stamp = output.resolve(name + ".sha256");
    List<String> options = new ArrayList<>(List.of("-fatbin", "-O3", "-std=c++17"));
    for (String target : targets) {
      String number = target.substring(target.indexOf('_') + 1);
      options.add("-gencode");
      options.add("arch=compute_" + number + ",code=" + target);
    }
    String hash = hash(options, concatenate(List.of(family), headers));
    if (Files.exists(fatbin) && Files.exists(stamp) && Files.readString(stamp).equals(hash)) {
      return false;
    }
    List<String> command = new ArrayList<>(List.of(nvcc.toString()));
    command.addAll(options);
    command.addAll(List.of("-o", fatbin.toString(), family.toString()));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      System.err.print(log);
      System.err.println("nvcc failed: " + String.join(" ", command));
      System.err.println("to build without GPU kernels: mvn -Dkernels=skip ...");
      System.exit(1);
    }
    Files.writeString(stamp, hash);
    return true;
  }

  private static Optional<Path> findNvcc() {
    List<Path> folders = new ArrayList<>();
    for (String folder : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
      folders.add(Path.of(folder));
    }
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
      if (System.getenv(variable) != null) {
        folders.add(Path.of(System.getenv(variable), "bin"));
      }
    }
    folders.add(Path.of("/usr/local/cuda/bin"));
    return folders.stream()
        .map(folder -> folder.resolve("nvcc"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static String hash(List<String> options, List<Path> files) throws Exception {
    MessageDigest digest = MessageDigest.getInstance("SHA-256");
    digest.update(String.join(" ", options).getBytes(StandardCharsets.UTF_8));
    for (Path file : files) {
      digest.update(Files.readAllBytes(file));
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static List<Path> list(Path folder, String ending) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
    }
  }

  private static List<Path> concatenate(List<Path> first, List<Path> second) {
    return Stream.concat(first.stream(), second.stream()).toList();
  }
}
