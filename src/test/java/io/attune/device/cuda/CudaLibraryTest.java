package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.attune.device.cuda.CudaLibrary.Loaded;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** CUDA's real libraries, where they are installed: what needs no GPU of them. */
class CudaLibraryTest {
  @Test
  void aNeighbourLiesInTheSameFolder() {
    Loaded bare = new Loaded("libcublas.so.13", SymbolLookup.loaderLookup());
    assertEquals("libcublasLt.so.13", bare.cublasLt());
    assertEquals(13, bare.majorVersion());
    Loaded placed = new Loaded("/opt/libcublas.x/libcublas.so.12", SymbolLookup.loaderLookup());
    assertEquals("/opt/libcublas.x/libcublasLt.so.12", placed.cublasLt());
    assertEquals(12, placed.majorVersion());
  }

  @Test
  void cublasHasEveryFunctionThatIsCalled() {
    Loaded cublas = load(CudaLibrary.CUBLAS);
    assertNotNull(new CublasFunctions(cublas).gemmStridedBatched);
    String lt = cublas.cublasLt();
    assertNotNull(new CublasLtFunctions(SymbolLookup.libraryLookup(lt, Arena.global())).matmul);
    int version = CublasFunctions.version(cublas);
    assertEquals(cublas.majorVersion(), version / 10_000);
    System.out.println(
        "functions bound: " + CublasNumbers.version(version) + " at " + cublas.path() + ", " + lt);
  }

  private static Loaded load(CudaLibrary library) {
    try {
      return library.load();
    } catch (CudaUnavailableException absent) {
      System.out.println("skipped: " + absent.getMessage());
      assumeTrue(false, absent.getMessage());
      throw absent;
    }
  }

  @ParameterizedTest
  @CsvSource({
    "Linux, libcuda.so.1, libcublas.so.13, libcublas.so.12, libcudnn.so.9, libnvrtc.so.13",
    "Windows 11, nvcuda.dll, cublas64_13.dll, cublas64_12.dll, cudnn64_9.dll, nvrtc64_130_0.dll",
    "Windows Server 2025, nvcuda.dll, cublas64_13.dll, cublas64_12.dll, cudnn64_9.dll,"
        + " nvrtc64_130_0.dll"
  })
  void everySystemHasItsNames(
      String system, String driver, String newer, String older, String cudnn, String nvrtc) {
    assertEquals(driver, CudaLibrary.driver(system));
    assertEquals(List.of(newer, older), CudaLibrary.CUBLAS.names(system));
    assertEquals(List.of(cudnn), CudaLibrary.CUDNN.names(system));
    assertEquals(nvrtc, CudaLibrary.NVRTC.names(system).getFirst());
    assertEquals(13, CudaLibrary.versionIn(newer));
    assertEquals(12, CudaLibrary.versionIn(older));
    assertEquals(13, CudaLibrary.versionIn(nvrtc));
  }

  @Test
  void windowsNamesLtLikeItsCublas() {
    assertEquals(
        "C:\\CUDA\\cublas\\cublasLt64_12.dll",
        new CudaLibrary.Loaded("C:\\CUDA\\cublas\\cublas64_12.dll", null).cublasLt());
    assertEquals("cublasLt64_13.dll", new CudaLibrary.Loaded("cublas64_13.dll", null).cublasLt());
  }
}
