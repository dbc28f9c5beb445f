package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.attune.device.cuda.CudaLibrary.Loaded;
import java.lang.foreign.Arena;
import java.lang.foreign.SymbolLookup;
import org.junit.jupiter.api.Test;

/** CUDA's real libraries, where they are installed: what needs no GPU of them. */
class CudaLibraryTest {
  @Test
  void aNeighbourLiesInTheSameFolder() {
    Loaded bare = new Loaded("libcublas.so.13", SymbolLookup.loaderLookup());
    assertEquals("libcublasLt.so.13", bare.neighbour("libcublas.", "libcublasLt."));
    assertEquals(13, bare.majorVersion());
    Loaded placed = new Loaded("/opt/libcublas.x/libcublas.so.12", SymbolLookup.loaderLookup());
    assertEquals(
        "/opt/libcublas.x/libcublasLt.so.12", placed.neighbour("libcublas.", "libcublasLt."));
    assertEquals(12, placed.majorVersion());
  }

  @Test
  void cublasHasEveryFunctionThatIsCalled() {
    Loaded cublas = load(CudaLibrary.CUBLAS);
    assertNotNull(new CublasFunctions(cublas).gemmStridedBatched);
    String lt = cublas.neighbour("libcublas.", "libcublasLt.");
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
}
