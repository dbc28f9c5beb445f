package io.attune.device.cuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A library of CUDA's that is looked for when it is first needed, and stays loaded. */
enum CudaLibrary {
  CUBLAS(
      "cuBLAS",
      "attune.cublas",
      List.of("libcublas.so.13", "libcublas.so.12"),
      List.of("cublas64_13.dll", "cublas64_12.dll"),
      "install CUDA 12 or 13"),
  NVRTC(
      "NVRTC",
      "attune.nvrtc",
      List.of("libnvrtc.so.13", "libnvrtc.so.12"),
      List.of("nvrtc64_130_0.dll", "nvrtc64_120_0.dll"),
      "install CUDA 12 or 13, or build where nvcc is on the path"),
  CUDNN(
      "cuDNN",
      "attune.cudnn",
      List.of("libcudnn.so.9"),
      List.of("cudnn64_9.dll"),
      "install cuDNN 9");

  /**
   * A loaded library.
   *
   * @param path the name or absolute path that the loader accepted
   */
  record Loaded(String path, SymbolLookup symbols) {
    /** 12 of libcublas.so.12 or cublas64_12.dll. */
    int majorVersion() {
      return versionIn(path);
    }

    /** cuBLASLt beside this cuBLAS: absolute where this one is. */
    String cublasLt() {
      int name = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1;
      return path.substring(0, name) + path.substring(name).replaceFirst("cublas", "cublasLt");
    }
  }

  private static final List<String> CUDNN_PARTS =
      List.of("libcudnn_graph.so.9", "libcudnn_ops.so.9", "libcudnn_cnn.so.9");

  private static final Pattern VERSION = Pattern.compile(".*(?:\\.so\\.|64_)(\\d{1,2}).*");

  private final String title;
  private final String property;
  private final List<String> linuxNames;
  private final List<String> windowsNames;
  private final String remedy;

  CudaLibrary(
      String title,
      String property,
      List<String> linuxNames,
      List<String> windowsNames,
      String remedy) {
    this.title = title;
    this.property = property;
    this.linuxNames = linuxNames;
    this.windowsNames = windowsNames;
    this.remedy = remedy;
  }

  /** What people call it. */
  String title() {
    return title;
  }

  /** The system property that names its file or folder. */
  String property() {
    return property;
  }

  /**
   * Its file names, newest version first.
   *
   * @param system the property {@code os.name}
   */
  List<String> names(String system) {
    return isWindows(system) ? windowsNames : linuxNames;
  }

  /** Whether this is the {@code os.name} of a Windows. */
  static boolean isWindows(String system) {
    return system.startsWith("Windows");
  }

  /** The file name of the driver's library. */
  static String driver(String system) {
    return isWindows(system) ? "nvcuda.dll" : "libcuda.so.1";
  }

  /** 12 of libcublas.so.12, cublas64_12.dll and nvrtc64_120_0.dll. */
  static int versionIn(String path) {
    Matcher version = VERSION.matcher(path);
    if (!version.matches()) {
      throw new IllegalArgumentException(path + " does not tell its version");
    }
    return Integer.parseInt(version.group(1));
  }

  /** Loads it from the first place of this machine that has it. */
  Loaded load() {
    return load(LibrarySearch.ofThisMachine(this), 0);
  }

  /**
   * @param version only files of this major version; 0 for any
   * @throws CudaUnavailableException in one line that names the places looked at
   */
  Loaded load(LibrarySearch search, int version) {
    List<String> candidates;
    try {
      candidates = search.candidates();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<String> refused = new ArrayList<>();
    for (String candidate : candidates) {
      if (version > 0 && !isVersion(candidate, version)) {
        continue;
      }
      try {
        preload(candidate);
        return new Loaded(candidate, SymbolLookup.libraryLookup(candidate, Arena.global()));
      } catch (IllegalArgumentException absentOrBroken) {
        refused.add(candidate);
      }
    }
    throw new CudaUnavailableException(
        search.explicit() != null
            ? "no %s%s that loads at %s, which -D%s names"
                .formatted(title, version == 0 ? "" : " " + version, search.explicit(), property)
            : "%s%s not found (tried %s, /usr/local/cuda*/lib64 and Python's nvidia packages); %s, or name the library with -D%s=FILE"
                .formatted(
                    title,
                    version == 0 ? "" : " " + version,
                    String.join(", ", refused),
                    remedy,
                    property));
  }

  private static boolean isVersion(String candidate, int version) {
    String name = Path.of(candidate).getFileName().toString();
    return VERSION.matcher(name).matches() && versionIn(name) == version;
  }

  /**
   * What the library would load by a bare name: its neighbour, loaded first, gets used instead.
   * cuDNN finds its parts by itself, but ends the program where one is missing.
   */
  private void preload(String candidate) {
    Path file = Path.of(candidate);
    if (!file.isAbsolute()) {
      return;
    }
    String name = file.getFileName().toString();
    if (name.endsWith(".dll")) {
      return; // Windows looks for them in the folder of the one that needs them.
    }
    switch (this) {
      case CUBLAS -> preload(file, name.replace("libcublas.", "libcublasLt."));
      case NVRTC -> preload(file, name.replace("libnvrtc.", "libnvrtc-builtins."));
      case CUDNN -> {
        for (String part : CUDNN_PARTS) {
          if (!Files.exists(file.resolveSibling(part))) {
            throw new IllegalArgumentException("there is no " + part + " beside " + file);
          }
        }
      }
    }
  }

  private static void preload(Path file, String start) {
    try (Stream<Path> files = Files.list(file.getParent())) {
      files
          .filter(beside -> beside.getFileName().toString().startsWith(start))
          .sorted()
          .forEach(beside -> SymbolLookup.libraryLookup(beside, Arena.global()));
    } catch (IOException unreadable) {
      throw new IllegalArgumentException(unreadable);
    }
  }
}
