package io.attune.data.synthetic;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A kind of object: a region of latent space with a name.
 *
 * @param name with underscores for spaces
 * @param scenes where it is usually seen
 * @param typical the latents that make it what it is
 */
record ObjectKind(String name, List<Scene> scenes, Map<Latent, Double> typical) {
  private static final String FILE = "kinds.txt";

  /** All kinds of the synthetic world, which are the same for every seed. */
  static List<ObjectKind> all() {
    List<ObjectKind> kinds = new ArrayList<>();
    for (String line : text().lines().toList()) {
      if (!line.isBlank() && !line.startsWith("#")) {
        kinds.add(parse(line));
      }
    }
    return List.copyOf(kinds);
  }

  private static ObjectKind parse(String line) {
    String[] parts = line.split("\\|");
    List<Scene> scenes = new ArrayList<>();
    for (String scene : parts[1].strip().split(" ")) {
      scenes.add(Scene.valueOf(scene.toUpperCase(Locale.ROOT)));
    }
    Map<Latent, Double> typical = new EnumMap<>(Latent.class);
    for (String pair : parts[2].strip().split(" ")) {
      int equals = pair.indexOf('=');
      typical.put(
          Latent.named(pair.substring(0, equals)), Double.valueOf(pair.substring(equals + 1)));
    }
    return new ObjectKind(parts[0].strip(), List.copyOf(scenes), typical);
  }

  private static String text() {
    try (InputStream in = ObjectKind.class.getResourceAsStream(FILE)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
