import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Builds one fatbin for each kernels/*.cu and packages the sources beside them, and the kernels'
 * host library of {@link Emulation}; run by the build in source-launch mode.
 *
 * <p>Usage: {@code java Kernels.java default|all|skip KERNELS OUTPUT OBJECTS REPORTS}. {@code
 * default} is sm_90 machine code and PTX for compute_80; {@code all} is machine code for every card
 * that a release serves. A family whose sources and targets have not changed since its fatbin was
 * made is left alone. Without nvcc, or with one that compiles nothing here, only the sources and
 * the host library are packaged, with {@code skip} only the sources. In REPORTS tests find
 * registers and spills of each kernel, and its PTX; or {@code unbuilt.txt}, why there is no fatbin.
 */
public final class Kernels {
  private static final List<String> MODES = List.of("default", "all", "skip");
  private static final List<String> DEFAULT_TARGETS = List.of("sm_90", "compute_80");
  private static final List<String> ALL_TARGETS =
      List.of("sm_80", "sm_86", "sm_89", "sm_90", "sm_100", "sm_120", "compute_80");

  /** The report that says why there are no fatbins; absent where there are. */
  private static final String UNBUILT = "unbuilt.txt";

  private static final Pattern INCLUDE = Pattern.compile("(?m)^\\s*#include \"([^\"]+)\"");

  public static void main(String[] args) throws Exception {
    String mode = args[0];
    if (!MODES.contains(mode)) {
      System.err.println("-Dkernels=" + mode + " is none of " + String.join(", ", MODES));
      System.exit(1);
    }
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
    Path reports = Path.of(args[4]);
    Files.createDirectories(reports);
    deleteOthers(families, output, ".cu", ".fatbin", ".sha256");
    deleteOthers(families, reports, ".ptx", ".ptxas");
    if (mode.equals("skip")) {
      Files.deleteIfExists(library);
    } else {
      Emulation.build(false, sources, Path.of(args[3]), library);
    }
    Optional<Path> nvcc = mode.equals("skip") ? Optional.empty() : findNvcc();
    Path summary = output.resolve("targets");
    if (nvcc.isEmpty()) {
      deleteFatbins(output);
      tellUnbuilt(
          reports,
          mode.equals("skip")
              ? "not built, as asked; the jar holds their sources"
              : "no nvcc on the path, in CUDA_HOME or in /usr/local/cuda; "
                  + "not built, the jar holds their sources");
      return;
    }
    List<String> targets = mode.equals("all") ? ALL_TARGETS : DEFAULT_TARGETS;
    Files.writeString(summary, String.join(", ", targets));
    List<String> built = new ArrayList<>();
    try (ExecutorService compilers =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
      Map<String, Future<Boolean>> results = new LinkedHashMap<>();
      for (Path family : families) {
        results.put(
            family.getFileName().toString(),
            compilers.submit(() -> build(nvcc.get(), family, targets, output, reports)));
      }
      for (Map.Entry<String, Future<Boolean>> result : results.entrySet()) {
        if (result.getValue().get()) {
          built.add(result.getKey());
        }
      }
    } catch (ExecutionException e) {
      if (!(e.getCause() instanceof CompilationException failed)) {
        throw e;
      }
      String unusable = complaint(nvcc.get(), targets, reports);
      if (unusable == null) {
        System.err.println(failed.getMessage());
        System.err.println(
            "to build without GPU kernels: mvn -Dkernels=skip package,"
                + " or ATTUNE_KERNELS=skip ./attune");
        System.exit(1);
      }
      deleteFatbins(output);
      tellUnbuilt(
          reports,
          "%s compiles nothing here (%s); not built, the jar holds their sources"
              .formatted(nvcc.get(), unusable));
      return;
    }
    Files.deleteIfExists(reports.resolve(UNBUILT));
    if (!built.isEmpty()) {
      System.out.println("kernels: " + nvcc.get() + " built " + built + " for " + targets);
    }
  }

  /** Says why there are no fatbins, here and to the tests. */
  private static void tellUnbuilt(Path reports, String why) throws IOException {
    Files.writeString(reports.resolve(UNBUILT), why + "\n");
    System.out.println("kernels: " + why);
  }

  /** Deletes what was made of a family that there is no more. */
  private static void deleteOthers(List<Path> families, Path folder, String... endings)
      throws IOException {
    List<String> names = families.stream().map(Kernels::name).toList();
    for (String ending : endings) {
      for (Path file : list(folder, ending)) {
        String name = file.getFileName().toString();
        if (!names.contains(name.substring(0, name.length() - ending.length()))) {
          Files.delete(file);
        }
      }
    }
  }

  private static String name(Path family) {
    return family.getFileName().toString().replaceFirst("\\.cu$", "");
  }

  /** Leaves what ptxas says of each kernel, and the PTX for compute_80, in the reports' folder. */
  private static boolean build(
      Path nvcc, Path family, List<String> targets, Path output, Path reports) throws Exception {
    String name = name(family);
    Path fatbin = output.resolve(name + ".fatbin");
    Path stamp = output.resolve(name + ".sha256");
    Path registers = reports.resolve(name + ".ptxas");
    Path ptx = reports.resolve(name + ".ptx");
    List<String> options = options(targets);
    String hash = hash(options, withHeaders(family));
    if (Stream.of(fatbin, stamp, registers, ptx).allMatch(Files::exists)
        && Files.readString(stamp).equals(hash)) {
      return false;
    }
    Files.deleteIfExists(stamp);
    Path kept = Files.createTempDirectory(reports, name);
    List<String> command = new ArrayList<>(List.of(nvcc.toString()));
    command.addAll(options);
    command.addAll(List.of("--keep", "--keep-dir", kept.toString()));
    command.addAll(List.of("-o", fatbin.toString(), family.toString()));
    String log;
    try {
      log = run(command);
    } catch (CompilationException e) {
      Files.deleteIfExists(fatbin);
      deleteFolder(kept);
      throw e;
    }
    Files.writeString(registers, log);
    Files.move(kept.resolve(name + ".compute_80.ptx"), ptx, StandardCopyOption.REPLACE_EXISTING);
    deleteFolder(kept);
    Files.writeString(stamp, hash);
    return true;
  }

  /** Says why an nvcc cannot compile even an empty kernel, as for want of a host compiler. */
  private static String complaint(Path nvcc, List<String> targets, Path reports) throws Exception {
    Path folder = Files.createTempDirectory(reports, "nvcc");
    try {
      Path kernel = Files.writeString(folder.resolve("empty.cu"), "__global__ void empty() {}\n");
      List<String> command = new ArrayList<>(List.of(nvcc.toString()));
      command.addAll(options(targets));
      command.addAll(List.of("-o", folder.resolve("empty.fatbin").toString(), kernel.toString()));
      run(command);
      return null;
    } catch (CompilationException e) {
      return e.getMessage().lines().findFirst().orElseThrow();
    } finally {
      deleteFolder(folder);
    }
  }

  private static List<String> options(List<String> targets) {
    List<String> options = new ArrayList<>(List.of("-fatbin", "-O3", "-std=c++17", "-Xptxas=-v"));
    for (String target : targets) {
      String number = target.substring(target.indexOf('_') + 1);
      options.add("-gencode");
      options.add("arch=compute_" + number + ",code=" + target);
    }
    return options;
  }

  /** What the compiler printed. */
  private static String run(List<String> command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      throw new CompilationException(log + "nvcc failed: " + String.join(" ", command));
    }
    return log;
  }

  /** The message is what the compiler printed, and how it was called. */
  private static final class CompilationException extends Exception {
    CompilationException(String message) {
      super(message);
    }
  }

  private static void deleteFatbins(Path output) throws IOException {
    for (Path stale : concatenate(list(output, ".fatbin"), list(output, ".sha256"))) {
      Files.delete(stale);
    }
    Files.deleteIfExists(output.resolve("targets"));
  }

  private static void deleteFolder(Path folder) throws IOException {
    for (Path file : list(folder, "")) {
      Files.delete(file);
    }
    Files.delete(folder);
  }

  /** A file and all that it includes, directly or not. */
  private static List<Path> withHeaders(Path file) throws IOException {
    List<Path> reached = new ArrayList<>(List.of(file));
    for (int i = 0; i < reached.size(); i++) {
      Matcher includes = INCLUDE.matcher(Files.readString(reached.get(i)));
      while (includes.find()) {
        Path header = reached.get(i).resolveSibling(includes.group(1)).normalize();
        if (!reached.contains(header) && Files.exists(header)) {
          reached.add(header);
        }
      }
    }
    return reached;
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
