package io.attune.hba;

import io.attune.device.Device;
import io.attune.format.PeftAdapter;
import java.util.List;

/**
 * Adapters as PEFT writes them. LoRA and PEFT's DoRA go as they are. The paper's DoRA is the same
 * function in other numbers: with {@code U[o] = W0[o]/||W0[o]|| + s (Bm A)^T[o]}, PEFT's {@code W0
 * + s B' A'} is {@code ||W0[o]|| U[o]} for {@code A' = Bm^T} and {@code B'[o] = ||W0[o]|| A[:,o]},
 * and a row's direction does not depend on its length. The 1e-8 in the paper's norm, which PEFT has
 * not, is all that differs.
 */
public final class PeftModules {
  private PeftModules() {}

  /**
   * One adapter as a module.
   *
   * @param base W0 [out, in], row by row
   */
  public static PeftAdapter.Module of(Device device, Adapter adapter, float[] base) {
    AdapterSettings settings = adapter.settings();
    int out = adapter.weight().rows();
    int in = adapter.weight().columns();
    List<float[]> values =
        adapter.parameters().stream().map(p -> device.toArray(p.value())).toList();
    boolean dora = settings.kind() != AdapterKind.LORA;
    float[] magnitude = dora ? values.getFirst() : null;
    float[] a = values.get(dora ? 1 : 0);
    float[] b = values.get(dora ? 2 : 1);
    if (settings.kind() == AdapterKind.DORA) {
      float[] down = transposed(b, in, settings.rank());
      b = scaledRows(transposed(a, settings.rank(), out), base, out, in);
      a = down;
    }
    return new PeftAdapter.Module(
        adapter.site().module(),
        in,
        out,
        settings.rank(),
        settings.alpha(),
        settings.rankStabilized(),
        a,
        b,
        magnitude);
  }

  private static float[] transposed(float[] matrix, int rows, int columns) {
    float[] transposed = new float[matrix.length];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        transposed[j * rows + i] = matrix[i * columns + j];
      }
    }
    return transposed;
  }

  /** Multiplies each row [out, r] with the norm of the base's row. */
  private static float[] scaledRows(float[] matrix, float[] base, int out, int in) {
    int rank = matrix.length / out;
    for (int o = 0; o < out; o++) {
      double squares = 0;
      for (int i = o * in; i < (o + 1) * in; i++) {
        squares += (double) base[i] * base[i];
      }
      double norm = Math.sqrt(squares);
      for (int r = o * rank; r < (o + 1) * rank; r++) {
        matrix[r] = (float) (matrix[r] * norm);
      }
    }
    return matrix;
  }
}
