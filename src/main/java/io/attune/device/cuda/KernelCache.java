package io.attune.device.cuda;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/**
 * Kernels that were compiled on this machine, in the user's cache folder, each under a hash of all
 * that went into it. A folder that cannot be written costs time, nothing else.
 */
record KernelCache(Path folder) {
  /** The system property that names the folder. */
  static final String PROPERTY = "attune.cache";

  private static final int HASH_DIGITS = 32;

  /** The folder kernels of this user's cache for attune. */
  static KernelCache ofThisUser() {
    String given = System.getProperty(PROPERTY);
    Path cache = given != null ? Path.of(given) : usual(System.getenv()).resolve("attune");
    return new KernelCache(cache.resolve("kernels"));
  }

  static Path usual(Map<String, String> environment) {
    for (String variable : new String[] {"XDG_CACHE_HOME", "LOCALAPPDATA"}) {
      String folder = environment.getOrDefault(variable, "");
      if (Path.of(folder).isAbsolute()) {
        return Path.of(folder);
      }
    }
    Path home = Path.of(System.getProperty("user.home"));
    // Java says "?" of a user without an entry in the passwd file, as in containers.
    return home.isAbsolute()
        ? home.resolve(".cache")
        : Path.of(System.getProperty("java.io.tmpdir"), System.getProperty("user.name") + ".cache");
  }

  /** The compiled source: kept from an earlier time, or compiled now. */
  byte[] compile(KernelCompiler compiler, KernelSource source, String target) {
    Path file =
        folder.resolve(
            "%s-%s-%s.bin".formatted(source.name(), target, hash(compiler, source, target)));
    try {
      return Files.readAllBytes(file);
    } catch (IOException absent) {
      byte[] image = compiler.compile(source, target);
      keep(file, image);
      return image;
    }
  }

  private static void keep(Path file, byte[] image) {
    try {
      Files.createDirectories(file.getParent());
      Path partial = Files.createTempFile(file.getParent(), "kernel", ".partial");
      try {
        try (FileChannel channel = FileChannel.open(partial, StandardOpenOption.WRITE)) {
          ByteBuffer rest = ByteBuffer.wrap(image);
          while (rest.hasRemaining()) {
            channel.write(rest);
          }
          channel.force(true);
        }
        Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
      } finally {
        Files.deleteIfExists(partial);
      }
    } catch (IOException full) {
      // Compiled again next time.
    }
  }

  private static String hash(KernelCompiler compiler, KernelSource source, String target) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (String part : new String[] {compiler.identity(), target, source.text()}) {
        add(digest, part);
      }
      source
          .headers()
          .forEach(
              (name, text) -> {
                add(digest, name);
                add(digest, text);
              });
      return HexFormat.of().formatHex(digest.digest()).substring(0, HASH_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void add(MessageDigest digest, String part) {
    byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
    digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(bytes.length).flip());
    digest.update(bytes);
  }
}
