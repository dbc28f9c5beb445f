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
 * <p>By itself, for tests: {@code java Emulation.java sanitized KERNELS OBJECTS LIBRARY} builds for
 * AddressSanitizer. {@code java Emulation.java variants KERNELS OBJECTS FOLDER} builds, for every
 * folder in FOLDER, a library.so with the .cu files there in place of those of the same name; other
 * members are taken from OBJECTS as they were built before.
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

  /** For kernels: what a GPU faults on is an error here, see emulation/checks.cpp. */
  private static final List<String> CHECKS =
      List.of(
          "-fsanitize=alignment,bounds,shift-exponent,integer-divide-by-zero",
          "-fno-sanitize-recover=all");

  private static final List<String> PLAIN = List.of("-O2");
  private static final List<String> QUICK = List.of("-O1");
  private static final List<String> SANITIZED =
      List.of("-O1", "-g", "-fno-omit-frame-pointer", "-fsanitize=address");

  /** What platform.h makes of KERNEL and BLOCK_OF where only names are asked for. */
  private static final Pattern KERNEL =
      Pattern.compile(
          "\\battune_kernel\\s+(?:attune_block_of\\(([^()]*(?:\\([^()]*\\)[^()]*)*)\\)\\s*)?(\\w+)\\s*\\(");

  private static final int MAX_THREADS = 1024;

  private final Path compiler;
  private final List<String> options = new ArrayList<>(COMMON);
  private final Path kernels;

  private Emulation(Path compiler, List<String> options, Path kernels) {
    this.compiler = compiler;
    this.options.addAll(options);
    this.kernels = kernels.toAbsolutePath();
  }

  public static void main(String[] args) throws Exception {
    Path kernels = Path.of(args[1]);
    Path objects = Path.of(args[2]);
    if (args[0].equals("variants")) {
      Path compiler = findCompiler().orElseThrow();
      new Emulation(compiler, QUICK, kernels).buildVariants(objects, Path.of(args[3]));
    } else {
      build(args[0].equals("sanitized"), kernels, objects, Path.of(args[3]));
    }
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
    Emulation emulation = new Emulation(compiler.get(), sanitized ? SANITIZED : PLAIN, kernels);
    String complaint = Files.exists(library) ? null : emulation.complaint(objects);
    if (complaint != null) {
      System.out.println(
          "kernels: %s links nothing here (%s); the device 'emulated' is not built"
              .formatted(compiler.get(), complaint));
      return;
    }
    emulation.build(objects, library);
  }

  /** Why even an empty library cannot be built, as for want of a static libstdc++; or null. */
  private String complaint(Path objects) throws Exception {
    Path source = Files.writeString(objects.resolve("empty.cpp"), "int empty;\n");
    Path made = objects.resolve("empty.so");
    List<String> command = new ArrayList<>(List.of(compiler.toString()));
    command.addAll(options);
    command.addAll(linking(List.of(source), made));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String log = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    boolean failed = process.waitFor() != 0;
    Files.deleteIfExists(source);
    Files.deleteIfExists(made);
    return failed ? log.lines().findFirst().orElse("it says nothing") : null;
  }

  private List<String> linking(List<Path> members, Path made) {
    List<String> arguments = new ArrayList<>();
    members.forEach(member -> arguments.add(member.toString()));
    arguments.addAll(List.of("-shared", "-static-libgcc", "-o", made.toString()));
    if (!options.contains("-fsanitize=address")) {
      arguments.addAll(
          List.of("-static-libstdc++", "-Wl,--no-undefined", "-Wl,--exclude-libs,ALL"));
    }
    return arguments;
  }

  private void build(Path objects, Path library) throws Exception {
    List<Path> sources = sourcesOf(kernels);
    boolean changed = compileAll(sources, objects);
    List<Path> members = sources.stream().map(source -> object(source, objects)).toList();
    if (link(changed, members, library, objects)) {
      System.out.println("kernels: " + compiler + " built " + library.getFileName());
    }
  }

  private static List<Path> sourcesOf(Path kernels) throws IOException {
    List<Path> sources = new ArrayList<>(list(kernels, ".cu"));
    sources.addAll(list(kernels.resolve("emulation"), ".cpp"));
    return sources;
  }

  private void buildVariants(Path objects, Path folder) throws Exception {
    List<Path> variants = list(folder, "");
    List<Path> sources = new ArrayList<>();
    for (Path variant : variants) {
      sources.addAll(list(variant, ".cu"));
    }
    options.add("-I" + kernels.resolve("common"));
    compileAll(sources, null);
    for (Path variant : variants) {
      List<Path> members = new ArrayList<>();
      for (Path source : list(variant, ".cu")) {
        members.add(object(source, variant));
      }
      List<Path> names = members.stream().map(Path::getFileName).toList();
      for (Path source : sourcesOf(kernels)) {
        Path object = object(source, objects);
        if (!names.contains(object.getFileName())) {
          members.add(object);
        }
      }
      link(true, members, variant.resolve("library.so"), variant);
    }
  }

  /**
   * Compiles what has changed, into objects or beside the sources; returns whether anything had.
   */
  private boolean compileAll(List<Path> sources, Path objects) throws Exception {
    List<Future<Boolean>> compiled = new ArrayList<>();
    try (ExecutorService pool =
        Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())) {
      for (Path source : sources) {
        Path folder = objects == null ? source.getParent() : objects;
        compiled.add(pool.submit(() -> compile(source, folder)));
      }
    }
    boolean changed = false;
    for (Future<Boolean> one : compiled) {
      changed |= one.get();
    }
    return changed;
  }

  /** Links the library, unless neither it nor its members would change; returns whether it did. */
  private boolean link(boolean changed, List<Path> members, Path library, Path folder)
      throws Exception {
    Path stamp = folder.resolve("library.sha256");
    String names = members.toString();
    if (!changed && Files.exists(library) && isStamped(stamp, names)) {
      return false;
    }
    Files.deleteIfExists(stamp);
    Path made = folder.resolve(library.getFileName() + ".new");
    List<String> arguments = new ArrayList<>(options);
    arguments.addAll(linking(members, made));
    run(arguments);
    Files.createDirectories(library.toAbsolutePath().getParent());
    Files.move(made, library, StandardCopyOption.REPLACE_EXISTING);
    Files.writeString(stamp, names);
    return true;
  }

  /** Compiles one file, unless that would give what is there; returns whether it did. */
  private boolean compile(Path source, Path objects) throws Exception {
    String name = source.getFileName().toString();
    boolean family = name.endsWith(".cu");
    List<String> arguments = new ArrayList<>(options);
    arguments.add("-DATTUNE_EMULATION");
    if (family) {
      arguments.addAll(CHECKS);
    }
    List<String> preprocess = new ArrayList<>(arguments);
    preprocess.addAll(List.of("-E", "-P", "-DATTUNE_NAMES_ONLY", "-x", "c++", source.toString()));
    String text = run(preprocess);
    Path stamp = objects.resolve(name + ".sha256");
    String hash = hash(String.join(" ", arguments) + text);
    if (Files.exists(object(source, objects)) && isStamped(stamp, hash)) {
      return false;
    }
    Files.deleteIfExists(stamp);
    Path unit = source;
    if (family) {
      unit = objects.resolve(name + ".cpp");
      Files.writeString(unit, unit(source, text));
    }
    arguments.addAll(List.of("-c", unit.toString(), "-o", object(source, objects).toString()));
    String log = run(arguments);
    System.err.print(log);
    Files.writeString(stamp, hash);
    return true;
  }

  private String unit(Path source, String preprocessed) {
    String family = source.getFileName().toString().replaceFirst("\\.cu$", "");
    StringBuilder unit = new StringBuilder();
    unit.append("#include \"%s\"\n".formatted(source.toAbsolutePath()));
    unit.append("#include \"%s\"\n".formatted(kernels.resolve("emulation/kernel.h")));
    Matcher kernel = KERNEL.matcher(preprocessed);
    while (kernel.find()) {
      String threads = kernel.group(1) == null ? "" + MAX_THREADS : kernel.group(1);
      unit.append("REGISTER_KERNEL(\"%s\", %s, %s)\n".formatted(family, kernel.group(2), threads));
    }
    return unit.toString();
  }

  private static Path object(Path source, Path objects) {
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
      System.err.println(
          "to build without kernels: mvn -Dkernels=skip package, or ATTUNE_KERNELS=skip ./attune");
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
