package io.attune.bench.jmh.peer;

import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A TorchScript file made from source text. Such a file is a zip archive, not compressed, of the
 * source of a class, a pickle of an object of that class, the constants, and a version; libtorch
 * compiles the text when it loads it. So peers need no Python and stay readable.
 */
final class ScriptArchive {
  /** An object of class {@code __torch__.Peer} without attributes, in protocol 2. */
  private static final String OBJECT = "\u0080\u0002c__torch__\nPeer\n)\u0081}b.";

  private static final String NO_CONSTANTS = "\u0080\u0002).";

  private static final String HEAD =
      "class Peer(Module):\n  __parameters__ = []\n  __buffers__ = []\n";

  private ScriptArchive() {}

  /** The methods in {@code NAME.py} beside this class, as a module; of several in {@code A+B}. */
  static byte[] of(String names) throws IOException {
    StringBuilder methods = new StringBuilder(HEAD);
    for (String name : names.split("\\+")) {
      methods.append(indented(source(name + ".py")));
    }
    return archive(methods.toString());
  }

  private static String source(String resource) throws IOException {
    try (InputStream in = ScriptArchive.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new FileNotFoundException(resource + " is not in the bench's jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private static String indented(String methods) {
    StringBuilder text = new StringBuilder();
    methods
        .lines()
        .filter(line -> !line.isBlank() && !line.startsWith("#"))
        .forEach(line -> text.append("  ").append(line).append('\n'));
    return text.toString();
  }

  private static byte[] archive(String source) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.setMethod(ZipOutputStream.STORED);
      store(zip, "peer/data.pkl", OBJECT.getBytes(StandardCharsets.ISO_8859_1));
      store(zip, "peer/code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
      store(zip, "peer/constants.pkl", NO_CONSTANTS.getBytes(StandardCharsets.ISO_8859_1));
      store(zip, "peer/version", "10\n".getBytes(StandardCharsets.US_ASCII));
    }
    return bytes.toByteArray();
  }

  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(content);
    ZipEntry entry = new ZipEntry(name);
    entry.setSize(content.length);
    entry.setCompressedSize(content.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }
}
