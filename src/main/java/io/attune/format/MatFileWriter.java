package io.attune.format;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import us.hebi.matlab.mat.format.Mat5;
import us.hebi.matlab.mat.types.Cell;
import us.hebi.matlab.mat.types.Matrix;

/** Writes MATLAB Level 5 files, all or nothing. */
public final class MatFileWriter {
  private MatFileWriter() {}

  /** Writes one variable, a cell column of strings. */
  public static void writeStrings(Path target, String name, List<String> strings) {
    Cell cell = Mat5.newCell(strings.size(), 1);
    for (int i = 0; i < strings.size(); i++) {
      cell.set(i, Mat5.newString(strings.get(i)));
    }
    write(target, Mat5.newMatFile().addArray(name, cell));
  }

  /**
   * Writes one variable, a matrix of doubles.
   *
   * @param rows of equal length
   */
  public static void writeMatrix(Path target, String name, double[][] rows) {
    Matrix matrix = Mat5.newMatrix(rows.length, rows.length == 0 ? 0 : rows[0].length);
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < rows[i].length; j++) {
        matrix.setDouble(i, j, rows[i][j]);
      }
    }
    write(target, Mat5.newMatFile().addArray(name, matrix));
  }

  private static void write(Path target, us.hebi.matlab.mat.types.MatFile file) {
    try (file) {
      AtomicFile.writeByPath(target, temporary -> Mat5.writeToFile(file, temporary.toFile()));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
