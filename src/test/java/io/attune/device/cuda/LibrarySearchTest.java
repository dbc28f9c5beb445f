package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The order in which cuBLAS is looked for, on a made-up file system. */
class LibrarySearchTest {
  @TempDir Path root;

  @Test
  void looksInTheLoadersPathThenToolkitsThenPython() throws IOException {
    String old = touch("usr/local/cuda-12.6/lib64/libcublas.so.12");
    String current = touch("usr/local/cuda-13.0/lib64/libcublas.so.13");
    String wheel = touch("venv/lib/python3.12/site-packages/nvidia/cublas/lib/libcublas.so.12");
    String distribution = touch("usr/lib/python3/dist-packages/nvidia/cu13/lib/libcublas.so.13");
    assertEquals(
        List.of("libcublas.so.13", "libcublas.so.12", current, old, wheel, distribution),
        search(null, Map.of("VIRTUAL_ENV", root.resolve("venv").toString())).candidates());
  }

  @Test
  void whatTheBuildPackedComesBeforeToolkits() throws IOException {
    String packed = touch("app/lib/cuda/libcublas.so.12");
    String toolkit = touch("usr/local/cuda-13.0/lib64/libcublas.so.13");
    assertEquals(
        List.of("libcublas.so.13", "libcublas.so.12", packed, toolkit),
        search(null, Map.of()).candidates());
  }

  @Test
  void takesTheNewerOfTwoInOneFolderAndToolkitsNamedByTheEnvironmentFirst() throws IOException {
    String twelve = touch("opt/cuda/lib64/libcublas.so.12");
    String thirteen = touch("opt/cuda/lib64/libcublas.so.13");
    String usual = touch("usr/local/cuda/lib64/libcublas.so.13");
    assertEquals(
        List.of("libcublas.so.13", "libcublas.so.12", thirteen, twelve, usual),
        search(null, Map.of("CUDA_HOME", root.resolve("opt/cuda").toString())).candidates());
  }

  @Test
  void findsWindowsLibrariesInTheFolderBinOfTheToolkit() throws IOException {
    String thirteen = touch("toolkit/bin/x64/cublas64_13.dll");
    String twelve = touch("toolkit/bin/cublas64_12.dll");
    touch("toolkit/lib64/libcublas.so.13");
    LibrarySearch search =
        new LibrarySearch(
            CudaLibrary.CUBLAS.names("Windows 11"),
            null,
            root.resolve("app/lib/cuda"),
            root,
            Map.of("CUDA_PATH", root.resolve("toolkit").toString()));
    assertEquals(
        List.of("cublas64_13.dll", "cublas64_12.dll", thirteen, twelve), search.candidates());
  }

  @Test
  void findsThePythonOfThePath() throws IOException {
    String wheel = touch("conda/lib/python3.11/site-packages/nvidia/cublas/lib/libcublas.so.12");
    Path python = Path.of(touch("conda/bin/python3"));
    assertTrue(python.toFile().setExecutable(true));
    List<String> found =
        search(null, Map.of("PATH", "relative:" + root.resolve("conda/bin"))).candidates();
    assertEquals(wheel, found.getLast());
  }

  @Test
  void anExplicitPlaceIsTheOnlyOne() throws IOException {
    String mine = touch("mine/libcublas.so.13");
    touch("usr/local/cuda-13.0/lib64/libcublas.so.13");
    assertEquals(List.of(mine), search(Path.of(mine), Map.of()).candidates());
    assertEquals(List.of(mine), search(root.resolve("mine"), Map.of()).candidates());
  }

  @Test
  void withoutAnyTheMessageIsOneLineThatNamesThePlaces() {
    CudaUnavailableException missing =
        assertThrows(
            CudaUnavailableException.class,
            () -> CudaLibrary.CUBLAS.load(search(root.resolve("none.so"), Map.of()), 0));
    assertTrue(missing.getMessage().contains("none.so"), missing.getMessage());
    assertTrue(missing.getMessage().contains("-Dattune.cublas"), missing.getMessage());
    assertFalse(missing.getMessage().contains("\n"), missing.getMessage());
  }

  private LibrarySearch search(Path explicit, Map<String, String> environment) {
    return new LibrarySearch(
        CudaLibrary.CUBLAS.names("Linux"),
        explicit,
        root.resolve("app/lib/cuda"),
        root,
        environment);
  }

  private String touch(String name) throws IOException {
    Path file = root.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.createFile(file).toString();
  }
}
