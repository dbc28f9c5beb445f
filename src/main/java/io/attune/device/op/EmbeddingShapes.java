package io.attune.device.op;

import io.attune.tensor.Shape;
import io.attune.tensor.Tensor;

/** Checks of the shapes that {@link EmbeddingOps} takes. */
public final class EmbeddingShapes {
  private EmbeddingShapes() {}

  /** The tokens of one sequence in x [sequences, tokens, width]. */
  public static int sequenceLength(Tensor x) {
    if (x.shape().rank() != 3 || x.shape().dim(1) < 1) {
      throw new IllegalArgumentException(x + " is not [sequences, tokens, width]");
    }
    return x.shape().dim(1);
  }

  /** Pixels are [B, C, H, W] and columns [B (H/p) (W/p), C p p]. */
  public static void patches(Tensor pixels, int patch, Tensor columns) {
    Shape shape = pixels.shape();
    if (shape.rank() != 4 || patch < 1 || shape.dim(2) % patch != 0 || shape.dim(3) % patch != 0) {
      throw new IllegalArgumentException(
          pixels + " is not [B, C, H, W] with H and W multiples of the patch size " + patch);
    }
    long patches = (long) shape.dim(0) * (shape.dim(2) / patch) * (shape.dim(3) / patch);
    long length = (long) shape.dim(1) * patch * patch;
    if (columns.rows() != patches || columns.columns() != length) {
      throw Shapes.mismatch(
          columns, pixels, "expected [%d, %d] for patches of %d".formatted(patches, length, patch));
    }
  }

  /** From {@code atLeast} to {@code atMost} positions, as wide as x. */
  public static void positions(Tensor positions, int atLeast, int atMost, Tensor x) {
    if (positions.columns() != x.columns()
        || positions.rows() < atLeast
        || positions.rows() > atMost) {
      throw Shapes.mismatch(positions, x, "expected a row for each token, of x's width");
    }
  }

  /** One id for each row of x [N, tokens, width]; the table is as wide as x. */
  public static void ids(Tensor ids, Tensor table, Tensor x, int tokens) {
    if (ids.columns() != tokens || ids.size() != x.rows()) {
      throw Shapes.mismatch(ids, x, "expected one id for each row");
    }
    if (table.columns() != x.columns()) {
      throw Shapes.mismatch(table, x, "expected as many columns in both");
    }
  }

  /** One index for each row of {@code small}, both as wide. */
  public static void index(Tensor index, Tensor large, Tensor small) {
    Shapes.vector(index, small.rows(), "row", small);
    if (large.columns() != small.columns()) {
      throw Shapes.mismatch(large, small, "expected as many columns in both");
    }
  }
}
