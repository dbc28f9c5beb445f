package io.attune.device.cuda;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Where a CUDA library may lie, in the order in which it is tried: an explicit path, the loader's
 * own path, what the build packed beside the jar (profile cuda-12), CUDA's folders, the {@code
 * nvidia} wheels of a Python environment. Within a place the newer version comes first.
 *
 * @param names file names, newest version first
 * @param explicit a library file or a folder of it, or null; when given, nothing else is tried
 * @param packed the folder that the build packs libraries into
 * @param root the folder that stands for {@code /}
 * @param environment PATH, CUDA_HOME, CUDA_PATH, VIRTUAL_ENV, CONDA_PREFIX and HOME are read
 */
record LibrarySearch(
    List<String> names, Path explicit, Path packed, Path root, Map<String, String> environment) {
  /** The search on this machine. */
  static LibrarySearch ofThisMachine(CudaLibrary library) {
    String given = System.getProperty(library.property());
    return new LibrarySearch(
        library.names(System.getProperty("os.name")),
        given == null ? null : Path.of(given),
        besideTheJar(),
        Path.of("/"),
        System.getenv());
  }

  /** The folder lib/cuda in that of attune.jar, or of the classes. */
  private static Path besideTheJar() {
    try {
      Path jar =
          Path.of(LibrarySearch.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      return jar.resolveSibling("lib").resolve("cuda");
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What to hand the loader, in order: bare names for the loader's path, else absolute paths. */
  List<String> candidates() throws IOException {
    List<String> found = new ArrayList<>();
    if (explicit != null) {
      if (Files.isDirectory(explicit)) {
        addFrom(explicit, found);
      } else {
        found.add(explicit.toAbsolutePath().toString());
      }
      return found;
    }
    found.addAll(names);
    addFrom(packed, found);
    for (Path folder : folders()) {
      addFrom(folder, found);
    }
    return found;
  }

  private List<Path> folders() throws IOException {
    List<Path> folders = new ArrayList<>();
    for (String variable : List.of("CUDA_HOME", "CUDA_PATH")) {
      if (environment.containsKey(variable)) {
        Path toolkit = Path.of(environment.get(variable));
        folders.add(toolkit.resolve("lib64"));
        // On Windows, of CUDA 13 and of CUDA 12.
        folders.add(toolkit.resolve("bin").resolve("x64"));
        folders.add(toolkit.resolve("bin"));
      }
    }
    for (Path toolkit : matching(root.resolve("usr/local"), "cuda*").reversed()) {
      folders.add(toolkit.resolve("lib64"));
    }
    for (Path packages : pythonPackages()) {
      for (Path wheel : matching(packages.resolve("nvidia"), "*").reversed()) {
        folders.add(wheel.resolve("lib"));
        folders.add(wheel.resolve("bin"));
      }
    }
    return folders;
  }

  /** The site-packages of the active environment, of each Python on the PATH, of the user. */
  private List<Path> pythonPackages() throws IOException {
    List<Path> prefixes = new ArrayList<>();
    for (String variable : List.of("VIRTUAL_ENV", "CONDA_PREFIX")) {
      if (environment.containsKey(variable)) {
        prefixes.add(Path.of(environment.get(variable)));
      }
    }
    for (String folder : environment.getOrDefault("PATH", "").split(File.pathSeparator)) {
      Path bin = Path.of(folder);
      if (bin.getParent() != null && Files.isExecutable(bin.resolve("python3"))) {
        prefixes.add(bin.getParent());
      }
    }
    prefixes.add(root.resolve("usr/local"));
    prefixes.add(root.resolve("usr"));
    if (environment.containsKey("HOME")) {
      prefixes.add(Path.of(environment.get("HOME"), ".local"));
    }
    List<Path> packages = new ArrayList<>();
    for (Path prefix : prefixes) {
      for (Path python : matching(prefix.resolve("lib"), "python3*")) {
        packages.add(python.resolve("site-packages"));
        packages.add(python.resolve("dist-packages"));
      }
    }
    return packages.stream().distinct().toList();
  }

  private void addFrom(Path folder, List<String> found) {
    for (String name : names) {
      Path file = folder.resolve(name).toAbsolutePath();
      if (Files.exists(file) && !found.contains(file.toString())) {
        found.add(file.toString());
      }
    }
  }

  /** Folders of this name in the given one, sorted; none where it cannot be listed. */
  private static List<Path> matching(Path folder, String glob) throws IOException {
    if (!Files.isDirectory(folder) || !Files.isReadable(folder)) {
      return List.of();
    }
    List<Path> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder, glob)) {
      entries.forEach(found::add);
    }
    return found.stream().filter(Files::isDirectory).sorted().toList();
  }
}
