package io.attune.device.cuda;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A library of CUDA's that is looked for when it is first needed, and stays loaded. */
enum CudaLibrary {
  CUBLAS(
      "cuBLAS",
      "attune.cublas",
      List.of("libcublas.so.13", "libcublas.so.12"),
      "install CUDA 12 or 13"),
  NVRTC(
      "NVRTC",
      "attune.nvrtc",
      List.of("libnvrtc.so.13", "libnvrtc.so.12"),
      "install CUDA 12 or 13, or build where nvcc is on the path"),
  CUDNN("cuDNN", "attune.cudnn", List.of("libcudnn.so.9"), "install cuDNN 9");

  /**
   * A loaded library.
   *
   * @param path the name or absolute path that the loader accepted
   */
  record Loaded(String path, SymbolLookup symbols) {
    /** 12 of libcublas.so.12. */
    int majorVersion() {
      return Integer.parseInt(path.replaceFirst(".*\\.so\\.(\\d+).*", "$1"));
    }

    /** The library of another name beside this one: absolute where this one is. */
    String neighbour(String name, String otherName) {
      return path.substring(0, path.lastIndexOf('/') + 1)
          + path.substring(path.lastIndexOf('/') + 1).replace(name, otherName);
    }
  }

  private static final List<String> CUDNN_PARTS =
      List.of("libcudnn_graph.so.9", "libcudnn_ops.so.9", "libcudnn_cnn.so.9");

  private final String title;
  private final String property;
  private final List<String> names;
  private final String remedy;

  CudaLibrary(String title, String property, List<String> names, String remedy) {
    this.title = title;
    this.property = property;
    this.names = names;
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

  /** Its file names, newest version first. */
  List<String> names() {
    return names;
  }

  /** Loads it from the first place of this machine that has it. */
  Loaded load() {
    return load(LibrarySearch.ofThisMachine(this), "");
  }

  /**
   * @param version only files whose names end so, such as {@code .so.12}
   * @throws CudaUnavailableException in one line that names the places looked at
   */
  Loaded load(LibrarySearch search, String version) {
    List<String> candidates;
    try {
      candidates = search.candidates();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    List<String> refused = new ArrayList<>();
    for (String candidate : candidates) {
      if (!Path.of(candidate).getFileName().toString().contains(version)) {
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
                .formatted(title, version, search.explicit(), property)
            : "%s%s not found (tried %s, /usr/local/cuda*/lib64 and Python's nvidia packages); %s, or name the library with -D%s=FILE"
                .formatted(title, version, String.join(", ", refused), remedy, property));
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
