package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Host libraries in which some kernel sources are others: built with the build's own tool into
 * target/variants, where what has not changed stays as it is.
 */
public final class KernelVariants {
  private static final Path KERNELS = Path.of("kernels");
  private static final Path OBJECTS = Path.of("target", "emulation");

  private final Path folder;

  /**
   * Builds them all, or skips the test where there is no g++.
   *
   * @param set a name for the set
   * @param variants for each variant's name its files, by their paths in kernels/
   */
  public KernelVariants(String set, Map<String, Map<String, String>> variants) throws Exception {
    folder = Path.of("target", "variants", set);
    requireHostKernels();
    removeOthers(variants);
    for (Map.Entry<String, Map<String, String>> variant : variants.entrySet()) {
      Path place = folder.resolve(variant.getKey());
      copyFiles(KERNELS.resolve("common"), place.resolve("common"));
      removeOtherSources(place, variant.getValue());
      for (Map.Entry<String, String> file : variant.getValue().entrySet()) {
        write(place.resolve(file.getKey()), file.getValue());
      }
    }
    runBuild("variants", KERNELS, OBJECTS, folder);
  }

  /** Skips the test where the build made no host library. */
  public static void requireHostKernels() {
    boolean present = KernelImages.class.getResource("kernels/libattune-emulated.so") != null;
    if (!present) {
      System.out.println("skipped: the build found no g++, or was told to skip kernels");
    }
    assumeTrue(present, "kernels are not built for the host");
  }

  /**
   * Builds a library for AddressSanitizer, of kernels/ or of what stands in for it.
   *
   * @param folder of target/variants, for objects and the library
   */
  static Path buildSanitized(Path kernels, String folder) throws Exception {
    requireHostKernels();
    Path objects = Path.of("target", "variants", folder);
    Path library = objects.resolve("library.so");
    runBuild("sanitized", kernels, objects, library);
    return library.toAbsolutePath();
  }

  private static void runBuild(String mode, Path kernels, Path objects, Path results)
      throws Exception {
    Process build =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                Path.of("src", "build", "Emulation.java").toString(),
                mode,
                kernels.toString(),
                objects.toString(),
                results.toString())
            .redirectErrorStream(true)
            .start();
    String log = new String(build.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, build.waitFor(), log);
  }

  /** The library of one variant. */
  public Path library(String variant) {
    return folder.resolve(variant).resolve("library.so").toAbsolutePath();
  }

  /** The text of a file of kernels/. */
  public static String source(String file) throws IOException {
    return Files.readString(KERNELS.resolve(file));
  }

  private void removeOthers(Map<String, Map<String, String>> variants) throws IOException {
    Files.createDirectories(folder);
    try (Stream<Path> places = Files.list(folder)) {
      for (Path place : places.toList()) {
        if (!variants.containsKey(place.getFileName().toString())) {
          delete(place);
        }
      }
    }
  }

  /** Makes a folder's files equal to another's; those that are equal already stay untouched. */
  static void copyFiles(Path from, Path to) throws IOException {
    Files.createDirectories(to);
    try (Stream<Path> files = Files.list(from)) {
      for (Path file : files.toList()) {
        write(to.resolve(file.getFileName()), Files.readString(file));
      }
    }
    try (Stream<Path> copies = Files.list(to)) {
      for (Path copy : copies.toList()) {
        if (!Files.exists(from.resolve(copy.getFileName()))) {
          Files.delete(copy);
        }
      }
    }
  }

  /** Families that the variant had when it was last built, and has no longer. */
  private static void removeOtherSources(Path place, Map<String, String> files) throws IOException {
    try (Stream<Path> present = Files.list(place)) {
      for (Path file : present.toList()) {
        String name = file.getFileName().toString();
        if (name.endsWith(".cu") && !files.containsKey(name)) {
          Files.delete(file);
        }
      }
    }
  }

  private static void delete(Path folder) throws IOException {
    List<Path> deepestFirst;
    try (Stream<Path> all = Files.walk(folder)) {
      deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path path : deepestFirst) {
      Files.delete(path);
    }
  }

  static void write(Path file, String text) throws IOException {
    if (!Files.exists(file) || !Files.readString(file).equals(text)) {
      Files.writeString(file, text);
    }
  }
}
