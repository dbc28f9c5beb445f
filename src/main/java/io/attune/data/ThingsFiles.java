package io.attune.data;

import io.attune.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Where the parts of a THINGS folder lie; a part that is not there is null.
 *
 * @param folder what was opened
 * @param concepts {@code unique_id.txt} or {@code things_concepts.tsv}
 * @param behavior {@code spose_embedding*.txt}, or a CSV with an {@code image_name} column
 * @param labels {@code labels*.txt}, a dimension's name a line
 * @param words {@code words48.mat}
 * @param rdm {@code RDM48_triplet.mat}
 * @param images folder of images, nested by concept or flat
 */
public record ThingsFiles(
    Path folder, Path concepts, Path behavior, Path labels, Path words, Path rdm, Path images) {
  private static final String PREFERRED = "spose_embedding_66d_sorted.txt";

  /**
   * Finds the parts in a folder and in its {@code data} and {@code variables}.
   *
   * @throws InputException if there is no list of concepts or no embedding, or more than one
   *     embedding and none of them is {@code spose_embedding_66d_sorted.txt}
   */
  public static ThingsFiles find(Path folder) {
    if (!Files.isDirectory(folder)) {
      throw new InputException(folder + ": there is no such folder; it should hold THINGS' files");
    }
    List<Path> places = new ArrayList<>(List.of(folder));
    for (String inner : List.of("data", "variables")) {
      if (Files.isDirectory(folder.resolve(inner))) {
        places.add(folder.resolve(inner));
      }
    }
    Path concepts = first(places, "unique_id.txt", "things_concepts.tsv");
    if (concepts == null) {
      throw new InputException(
          folder + ": neither unique_id.txt nor things_concepts.tsv, which give the order of rows");
    }
    Path images = folder.resolve("images");
    return new ThingsFiles(
        folder,
        concepts,
        behavior(folder, places),
        first(places, "labels.txt", "labels66.txt", "labels49.txt"),
        first(places, "words48.mat"),
        first(places, "RDM48_triplet.mat"),
        Files.isDirectory(images) ? images : folder);
  }

  /** The same with another embedding file. */
  public ThingsFiles withBehavior(Path file) {
    return new ThingsFiles(folder, concepts, file, labels, words, rdm, images);
  }

  /** The same with another folder of images. */
  public ThingsFiles withImages(Path other) {
    return new ThingsFiles(folder, concepts, behavior, labels, words, rdm, other);
  }

  private static Path behavior(Path folder, List<Path> places) {
    Path preferred = first(places, PREFERRED);
    if (preferred != null) {
      return preferred;
    }
    for (String ending : List.of(".txt", ".csv")) {
      List<Path> found = new ArrayList<>();
      places.forEach(place -> found.addAll(embeddings(place, ending)));
      if (found.size() == 1) {
        return found.get(0);
      }
      if (found.size() > 1) {
        throw new InputException(
            "%s: several embeddings: %s; name one of them"
                .formatted(folder, Listing.count(found.stream().map(Path::toString).toList())));
      }
    }
    throw new InputException(
        "%s: no behavioural embedding, such as %s or spose_embedding*.csv"
            .formatted(folder, PREFERRED));
  }

  private static List<Path> embeddings(Path place, String ending) {
    try (Stream<Path> files = Files.list(place)) {
      return files
          .filter(
              file -> {
                String name = file.getFileName().toString();
                return name.startsWith("spose_embedding") && name.endsWith(ending);
              })
          .sorted()
          .toList();
    } catch (IOException e) {
      throw InputException.unreadable(place, e);
    }
  }

  private static Path first(List<Path> places, String... names) {
    for (String name : names) {
      for (Path place : places) {
        if (Files.isRegularFile(place.resolve(name))) {
          return place.resolve(name);
        }
      }
    }
    return null;
  }
}
