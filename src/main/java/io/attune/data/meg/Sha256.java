package io.attune.data.meg;

import io.attune.InputException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.LongConsumer;

/** Checksums of files, as {@code sha256sum} prints them. */
final class Sha256 {
  private static final int BUFFER = 1 << 20;

  private Sha256() {}

  /** SHA-256 of text in UTF-8, in hexadecimal. */
  static String ofText(String text) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * SHA-256 of a file's content in hexadecimal.
   *
   * @param done told of bytes as they are read
   * @throws InputException if the file cannot be read
   */
  static String of(Path file, LongConsumer done) {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
      while (channel.read(buffer.clear()) >= 0) {
        digest.update(buffer.flip());
        done.accept(buffer.limit());
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
