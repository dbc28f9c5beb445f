package io.attune.data;

import io.attune.InputException;
import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The images of a THINGS folder, {@code <id>/<id>_NNx.jpg} or {@code <id>_NNx.jpg} in one flat
 * folder, with NN a number and x one of b, s and n; PNG too.
 */
public final class ThingsImages {
  // The id is everything before the last underscore, so an id that begins another is no trap.
  private static final Pattern NAME = Pattern.compile("(.+)_\\d{2}[bsn]\\.(?:jpe?g|JPE?G|png)");

  private final Path folder;
  private final Map<String, List<Path>> byConcept;

  private ThingsImages(Path folder, Map<String, List<Path>> byConcept) {
    this.folder = folder;
    this.byConcept = byConcept;
  }

  /**
   * Lists a folder's images, its concept folders' too, through links; other files are not looked
   * at.
   */
  public static ThingsImages open(Path folder) {
    Map<String, List<Path>> byConcept = new TreeMap<>();
    try (Stream<Path> files = Files.walk(folder, 2, FileVisitOption.FOLLOW_LINKS)) {
      files.forEach(file -> add(folder, file, byConcept));
    } catch (IOException e) {
      throw InputException.unreadable(folder, e);
    }
    byConcept
        .values()
        .forEach(images -> images.sort(Comparator.comparing(f -> f.getFileName().toString())));
    return new ThingsImages(folder, byConcept);
  }

  private static void add(Path folder, Path file, Map<String, List<Path>> byConcept) {
    String concept = conceptOf(file.getFileName().toString());
    boolean inPlace =
        concept != null
            && (file.getParent().equals(folder)
                || file.getParent().getFileName().toString().equals(concept));
    if (inPlace) {
      byConcept.computeIfAbsent(concept, c -> new ArrayList<>()).add(file);
    }
  }

  /** The concept of an image's file name, or null if it is not named as THINGS' images are. */
  public static String conceptOf(String fileName) {
    Matcher matcher = NAME.matcher(fileName);
    return matcher.matches() ? matcher.group(1) : null;
  }

  /** Where the images lie. */
  public Path folder() {
    return folder;
  }

  /** Whether there is an image of any concept. */
  public boolean isEmpty() {
    return byConcept.isEmpty();
  }

  /** All images of a concept by file name; empty if there are none. */
  public List<Path> of(String concept) {
    return List.copyOf(byConcept.getOrDefault(concept, List.of()));
  }

  /**
   * The reference image of each concept: the first of its images by file name, be that {@code
   * _01b}, {@code _01s} or {@code _02s}.
   *
   * @throws InputException if concepts lack images; the message counts them and names the first few
   */
  public List<Path> references(List<String> concepts) {
    List<String> missing =
        concepts.stream().filter(concept -> !byConcept.containsKey(concept)).toList();
    if (!missing.isEmpty()) {
      throw new InputException(
          "%s: no image of %s of %d concepts; expected %s/%s_01b.jpg or the like, nested or flat"
              .formatted(
                  folder, Listing.count(missing), concepts.size(), missing.get(0), missing.get(0)));
    }
    return concepts.stream().map(concept -> byConcept.get(concept).get(0)).toList();
  }
}
