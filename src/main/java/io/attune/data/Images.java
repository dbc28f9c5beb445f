package io.attune.data;

import io.attune.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;

/** The image files of a folder, in an order that does not depend on the file system. */
public final class Images {
  private static final Set<String> EXTENSIONS = Set.of("png", "jpg", "jpeg", "jpe", "gif", "bmp");

  /** Images too, which the decoder refuses: left out in silence they would be missed by nobody. */
  private static final Set<String> UNREADABLE =
      Set.of("webp", "tif", "tiff", "heic", "heif", "avif", "jp2", "jxl");

  private Images() {}

  /**
   * The images of {@code folder} itself, sorted by name, those too that cannot be read.
   *
   * @throws InputException when the folder is none or holds no image
   */
  public static List<Path> list(Path folder) {
    return list(folder, 1);
  }

  /** The images of {@code folder} and all folders below it, sorted by {@link #name}. */
  public static List<Path> listRecursively(Path folder) {
    return list(folder, Integer.MAX_VALUE);
  }

  /** An image's name: its path below {@code folder}, with '/' on every system. */
  public static String name(Path folder, Path image) {
    return folder.relativize(image).toString().replace('\\', '/');
  }

  /** Whether a file's name has one of the extensions that the decoder knows. */
  public static boolean isImage(Path file) {
    return EXTENSIONS.contains(extension(file));
  }

  /** Whether a file is an image, readable or not; a link that leads nowhere may have been one. */
  private static boolean claimsToBeImage(Path file) {
    return (isImage(file) || UNREADABLE.contains(extension(file))) && !Files.isDirectory(file);
  }

  /** What follows a name's last dot, in small letters; empty for hidden files. */
  private static String extension(Path file) {
    String name = file.getFileName().toString();
    int dot = name.lastIndexOf('.');
    return dot > 0 && name.charAt(0) != '.' ? name.substring(dot + 1).toLowerCase(Locale.ROOT) : "";
  }

  private static List<Path> list(Path folder, int depth) {
    if (!Files.isDirectory(folder)) {
      throw new InputException(
          folder + (Files.exists(folder) ? ": not a folder of images" : ": no such folder"));
    }
    List<Path> images;
    try (Stream<Path> files = Files.walk(folder, depth, FileVisitOption.FOLLOW_LINKS)) {
      images =
          files
              .filter(Images::claimsToBeImage)
              .sorted(Comparator.comparing(file -> name(folder, file)))
              .toList();
    } catch (IOException e) {
      throw InputException.unreadable(folder, e);
    } catch (UncheckedIOException e) {
      throw InputException.unreadable(folder, e.getCause());
    }
    if (images.isEmpty()) {
      throw new InputException(folder + ": no images (png, jpg, gif, bmp) in it");
    }
    return images;
  }
}
