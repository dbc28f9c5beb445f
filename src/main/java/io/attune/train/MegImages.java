package io.attune.train;

import io.attune.data.Images;
import io.attune.data.ThingsImages;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Which files show the conditions of a MEG target. */
public final class MegImages {
  private MegImages() {}

  /**
   * Files that bear the conditions' names, else reference images of concepts.
   *
   * @param things folder of the data, or of images alone
   * @return one a name
   * @throws io.attune.InputException if a name has no image
   */
  public static List<Path> of(Path things, List<String> names) {
    Path nested = things.resolve("images");
    Path folder = Files.isDirectory(nested) ? nested : things;
    Map<String, Path> byStem = new HashMap<>();
    for (Path file : Images.listRecursively(folder)) {
      String name = file.getFileName().toString();
      byStem.put(name.substring(0, name.lastIndexOf('.')), file);
      byStem.put(name, file);
    }
    return names.stream().allMatch(byStem::containsKey)
        ? names.stream().map(byStem::get).toList()
        : ThingsImages.open(folder).references(names);
  }
}
