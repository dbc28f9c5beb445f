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
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Builds the kernels for the host: each kernels/*.cu with g++ against kernels/emulation, one shared
 * library of all. Files are compiled side by side; one whose preprocessed text has not changed is
 * left alone.
 *
 * <p>By itself: {@code java Emulation.java plain|sanitized KERNELS OBJECTS LIBRARY}. {@code
 * sanitized} builds for AddressSanitizer.
 */
public final class Emulation {
  private static final List<String> COMMON =
      List.of(
          "-std=c++17",
          "-fPIC",
          "-fvisibility=hidden",
          "-ffp-contract=off",
          "-fno-strict-aliasing", // vectors of floats and bf16 are read as wider words
          "-Wall",
          "-Wno-unknown-pragmas"); // unrolling is for nvcc
  private static final List<String> PLAIN = List.of("-O2");
  private static final List<String> SANITIZED =
      List.of("-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=address");

  /** What platform.h makes of KERNEL and BLOCK_OF where only names are asked for. */
  private static final Pattern KERNEL =
      Pattern.compile("\\battune_kernel\\s+(?:attune_block_of\\((\\w+)\\)\\s*)?(\\w+)\\s*\\(");

  private static final int MAX_THREADS = 1024;

  private final Path compiler;
  private final List<String> options = new ArrayList<>(COMMON);
  private final Path kernels;
  private final Path objects;

  private Emulation(Path compiler, boolean sanitized, Path kernels, Path objects) {
    this.compiler = compiler;
    this.options.addAll(sanitized ? SANITIZED : PLAIN);
    this.kernels = kernels;
    this.objects = objects;
  }

  public static void main(String[] args) throws Exception {
    build(args[0].equals("sanitized"), Path.of(args[1]), Path.of(args[2]), Path.of(args[3]));
  }

  /** Builds the library, or says in one line why there is none. */
  static void build(boolean sanitized, Path kernels, Path objects, Path library) throws Exception {
    Optional<Path> compiler = findCompiler();
    if (compiler.isEmpty()) {
      Files.deleteIfExists(library);
      System.out.println(
          "kernels: no g++ on the path of a Linux machine; the device 'emulated' is not built");
      return;
    }
    Files.createDirectories(objects);
    new Emulation(compiler.get(), sanitized, kernels.toAbsolutePath(), objects).build(library);
  }

  private void build(Path library) throws Exception {
    List<Path> sources = new ArrayList<>(list(kernels, ".cu"));
    sources.addAll(list(kernels.resolve("emulation"), ".cpp"));
    List<Future<Boolean>> compiled = new ArrayList<>();
    try (ExecutorService pool =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
      for (Path source : sources) {
        compiled.add(pool.submit(() -> compile(source)));
      }
    }
    boolean changed = !Files.exists(library);
    for (Future<Boolean> one : compiled) {
      changed |= one.get();
    }
    StringBuilder members = new StringBuilder();
    List<String> link = new ArrayList<>(options);
    for (Path source : sources) {
      link.add(object(source).toString());
      members.append(source.getFileName()).append('\n');
    }
    Path stamp = objects.resolve("library.sha256");
    if (!changed && isStamped(stamp, members.toString())) {
      return;
    }
    Path made = objects.resolve(library.getFileName());
    link.addAll(List.of("-shared", "-static-libgcc", "-o", made.toString()));
    if (!options.contains("-fsanitize=address")) {
      link.addAll(List.of("-static-libstdc++", "-Wl,--no-undefined", "-Wl,--exclude-libs,ALL"));
    }
    run(link);
    Files.createDirectories(library.toAbsolutePath().getParent());
    Files.move(made, library, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    Files.writeString(stamp, members.toString());
    System.out.println("kernels: " + compiler + " built " + library.getFileName());
  }

  /** Compiles one file, unless that would give what is there; returns whether it did. */
  private boolean compile(Path source) throws Exception {
    String name = source.getFileName().toString();
    boolean family = name.endsWith(".cu");
    List<String> arguments = new ArrayList<>(options);
    arguments.add("-DATTUNE_EMULATION");
    List<String> preprocess = new ArrayList<>(arguments);
    preprocess.addAll(List.of("-E", "-P", "-DATTUNE_NAMES_ONLY", "-x", "c++", source.toString()));
    String text = run(preprocess);
    Path stamp = objects.resolve(name + ".sha256");
    String hash = hash(String.join(" ", arguments) + text);
    if (Files.exists(object(source)) && isStamped(stamp, hash)) {
      return false;
    }
    Files.deleteIfExists(stamp);
    Path unit = source;
    if (family) {
      unit = objects.resolve(name + ".cpp");
      Files.writeString(unit, unit(source, text));
    }
    arguments.addAll(List.of("-c", unit.toString(), "-o", object(source).toString()));
    String log = run(arguments);
    System.err.print(log);
    Files.writeString(stamp, hash);
    return true;
  }

  private String unit(Path source, String preprocessed) {
    String family = source.getFileName().toString().replaceFirst("\\.cu$", "");
    StringBuilder unit = new StringBuilder();
    unit.append("#include \"%s\"\n".formatted(source));
    unit.append("#include \"%s\"\n".formatted(kernels.resolve("emulation/kernel.h")));
    Matcher kernel = KERNEL.matcher(preprocessed);
    while (kernel.find()) {
      String threads = kernel.group(1) == null ? "" + MAX_THREADS : kernel.group(1);
      unit.append("REGISTER_KERNEL(\"%s\", %s, %s)\n".formatted(family, kernel.group(2), threads));
    }
    return unit.toString();
  }

  private Path object(Path source) {
    return objects.resolve(source.getFileName() + ".o");
  }

  /** Runs the compiler; returns what it printed. */
  private String run(List<String> arguments) throws Exception {
    List<String> command = new ArrayList<>(List.of(compiler.toString()));
    command.addAll(arguments);
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (process.waitFor() != 0) {
      System.err.print(log);
      System.err.println("g++ failed: " + String.join(" ", command));
      System.err.println("to build without kernels: mvn -Dkernels=skip ...");
      System.exit(1);
    }
    return log;
  }

  private static Optional<Path> findCompiler() {
    if (!System.getProperty("os.name").equals("Linux")) {
      return Optional.empty();
    }
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .map(folder -> Path.of(folder, "g++"))
        .filter(Files::isExecutable)
        .findFirst();
  }

  private static boolean isStamped(Path stamp, String content) throws IOException {
    return Files.exists(stamp) && Files.readString(stamp).equals(content);
  }

  private static String hash(String text) throws Exception {
    return HexFormat.of()
        .formatHex(
            MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
  }

  private static List<Path> list(Path folder, String ending) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.filter(file -> file.toString().endsWith(ending)).sorted().toList();
    }
  }
}
