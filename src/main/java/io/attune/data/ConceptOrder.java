package io.attune.data;

import java.util.Comparator;
import java.util.List;

/**
 * Which concept each row of a matrix in THINGS' row order is given to.
 *
 * <p>The matrices' rows follow the list of unique ids. The published CSV files and row indices
 * instead pair them with the sorted names of the image files, where '-' and digits come before '_':
 * 21 of 1,854 concepts get a neighbour's row.
 */
public enum ConceptOrder {
  /** Joined by unique id: every concept has its own row. */
  ID,
  /** Paired with sorted image file names, which reproduces what was published. */
  REPO;

  /**
   * The concept of each row.
   *
   * @param ids unique ids in true row order
   */
  public List<String> rows(List<String> ids) {
    return switch (this) {
      case ID -> List.copyOf(ids);
      // Any image name of a concept sorts its concept alike: after the id comes '_' and a digit.
      case REPO -> ids.stream().sorted(Comparator.comparing(id -> id + "_01b.jpg")).toList();
    };
  }
}
