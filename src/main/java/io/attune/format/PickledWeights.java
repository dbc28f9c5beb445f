package io.attune.format;

import io.attune.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * PyTorch's pickled files, which can run any code when they are loaded. They are recognised in
 * order to say how to convert them, and never opened.
 */
final class PickledWeights {
  private static final List<String> ENDINGS =
      List.of(".pt", ".pth", ".bin", ".ckpt", ".pkl", ".pickle");
  private static final int ZIP = 0x504b0304;
  private static final int PROTOCOL = 0x80;
  private static final int HIGHEST_PROTOCOL = 5;

  private PickledWeights() {}

  /** Throws if the name or the first bytes are those of a pickled file. */
  static void refuse(Path file) {
    if (isPickled(file)) {
      String name = file.toString().replace("'", "\\'");
      String safe = name.replaceFirst("\\.[A-Za-z]+$", "") + ".safetensors";
      throw new InputException(
          "%s is a pickled PyTorch file, which may run code when it is loaded and is not read here;"
                  .formatted(file)
              + " convert it once: python3 -c \"import torch; from safetensors.torch import"
              + " save_file; d = torch.load('%s', map_location='cpu', weights_only=True);"
                  .formatted(name)
              + " save_file({k: v.clone().contiguous() for k, v in d.get('state_dict', d).items()},"
              + " '%s')\"".formatted(safe));
    }
  }

  /** Throws if the folder holds a pickled file. */
  static void refuseIn(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      files
          .filter(PickledWeights::isNamedPickle)
          .sorted()
          .findFirst()
          .ifPresent(PickledWeights::refuse);
    } catch (IOException e) {
      throw new InputException("%s: cannot list the folder: %s".formatted(folder, e.getMessage()));
    }
  }

  private static boolean isNamedPickle(Path file) {
    String name = file.getFileName().toString().toLowerCase(Locale.ROOT);
    return ENDINGS.stream().anyMatch(name::endsWith);
  }

  private static boolean isPickled(Path file) {
    if (isNamedPickle(file)) {
      return true;
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] head = in.readNBytes(4);
      if (head.length < 4) {
        return false;
      }
      int word = (head[0] & 255) << 24 | (head[1] & 255) << 16 | (head[2] & 255) << 8 | head[3];
      boolean isPickle = (head[0] & 255) == PROTOCOL && head[1] >= 2 && head[1] <= HIGHEST_PROTOCOL;
      // A safetensors header's length may begin with these bytes too; its ninth byte is a brace.
      in.skipNBytes(4);
      return (word == ZIP || isPickle) && in.read() != '{';
    } catch (IOException e) {
      return false;
    }
  }
}
