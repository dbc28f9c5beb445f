package io.attune.format;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.util.OptionalLong;

/** What HDF5's superblock says of the whole file; section II.A of the file format, version 3.0. */
final class Hdf5Superblock {
  private static final int MOST_BYTES = 96;
  private static final int VERSION_AT = 8;

  private Hdf5Superblock() {}

  /**
   * The first byte behind all data, counted from the file's begin.
   *
   * @param at where the signature stands
   * @return empty if the version is unknown, addresses have not eight bytes, or the superblock
   *     itself is cut short
   */
  static OptionalLong endOfFile(FileChannel channel, long at) throws IOException {
    ByteBuffer head = ByteBuffer.allocate(MOST_BYTES).order(ByteOrder.LITTLE_ENDIAN);
    channel.read(head, at);
    head.flip();
    if (head.limit() <= VERSION_AT) {
      return OptionalLong.empty();
    }
    int sizeAt;
    int baseAt;
    switch (head.get(VERSION_AT)) {
      case 0 -> {
        sizeAt = 13;
        baseAt = 24;
      }
      case 1 -> {
        sizeAt = 13;
        baseAt = 28;
      }
      case 2, 3 -> {
        sizeAt = 9;
        baseAt = 12;
      }
      default -> {
        return OptionalLong.empty();
      }
    }
    // Base address, then one more address, then the end.
    int endAt = baseAt + 2 * Long.BYTES;
    return head.limit() < endAt + Long.BYTES || head.get(sizeAt) != Long.BYTES
        ? OptionalLong.empty()
        : OptionalLong.of(head.getLong(endAt));
  }
}
