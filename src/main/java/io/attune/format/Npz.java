package io.attune.format;

import io.attune.InputException;
import io.attune.tensor.Shape;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Enumeration;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * A numpy archive ({@code .npz}): a zip file of {@code .npy} entries, stored or deflated. An entry
 * is unpacked into memory when it is asked for and so must be smaller than 2 GB; larger arrays are
 * for {@code .npy} files, which are mapped.
 */
public final class Npz implements AutoCloseable {
  private static final String ENDING = ".npy";

  /** Deflate cannot shrink data further than this, so a larger claim is false. */
  private static final long GREATEST_RATIO = 1032;

  private static final long HEADROOM = 64;

  private final Path path;
  private final ZipFile zip;
  private final SortedMap<String, ZipEntry> entries = new TreeMap<>();

  private Npz(Path path, ZipFile zip) {
    this.path = path;
    this.zip = zip;
    Enumeration<? extends ZipEntry> all = zip.entries();
    while (all.hasMoreElements()) {
      ZipEntry entry = all.nextElement();
      if (entry.getName().endsWith(ENDING)) {
        String name = entry.getName().substring(0, entry.getName().length() - ENDING.length());
        if (entries.put(name, entry) != null) {
          throw new InputException("%s: holds two arrays named %s".formatted(path, name));
        }
      }
    }
  }

  /**
   * Opens an archive.
   *
   * @throws InputException if it is missing or not a zip file
   */
  public static Npz open(Path path) {
    if (!Files.isRegularFile(path)) {
      throw new InputException(
          "%s: %s".formatted(path, Files.exists(path) ? "not a file" : "no such file"));
    }
    try {
      ZipFile zip = new ZipFile(path.toFile());
      try {
        return new Npz(path, zip);
      } catch (RuntimeException e) {
        zip.close();
        throw e;
      }
    } catch (IOException | IllegalArgumentException e) {
      throw new InputException(
          "%s: not a readable npz archive: %s".formatted(path, e.getMessage()), e);
    }
  }

  /** The names of all arrays, without {@code .npy}. */
  public SortedSet<String> names() {
    return new TreeSet<>(entries.keySet());
  }

  /**
   * Unpacks an array.
   *
   * @throws InputException if there is none of that name, or it is not a valid array of numbers
   */
  public Npy array(String name) {
    ZipEntry entry = entries.get(name);
    if (entry == null) {
      throw new InputException("%s: no array %s; it has %s".formatted(path, name, names()));
    }
    String where = path + ":" + name;
    long size = entry.getSize();
    if (size > Integer.MAX_VALUE - 8) {
      throw new InputException(
          "%s: %d bytes are too many inside an archive; save it as an .npy file"
              .formatted(where, size));
    }
    if (size < 0 || size > entry.getCompressedSize() * GREATEST_RATIO + HEADROOM) {
      throw new InputException(
          "%s: claims %d bytes out of %d compressed, which is not possible"
              .formatted(where, size, entry.getCompressedSize()));
    }
    try (InputStream in = zip.getInputStream(entry)) {
      byte[] bytes = in.readNBytes((int) size);
      if (bytes.length != size || in.read() >= 0) {
        throw new InputException(
            "%s: does not hold the %d bytes that the archive claims".formatted(where, size));
      }
      return Npy.of(where, bytes);
    } catch (IOException e) {
      throw new InputException("%s: damaged archive: %s".formatted(where, e.getMessage()), e);
    }
  }

  @Override
  public void close() {
    try {
      zip.close();
    } catch (IOException e) {
      throw new InputException("%s: cannot close: %s".formatted(path, e.getMessage()), e);
    }
  }

  /** Collects arrays and writes them as one archive. */
  public static final class Writer {
    private final SortedMap<String, Body> bodies = new TreeMap<>();

    /** Writes one entry. */
    @FunctionalInterface
    private interface Body {
      void write(OutputStream out) throws IOException;
    }

    /** Adds an F32 array in row-major order. */
    public Writer array(String name, Shape shape, float[] values) {
      return add(name, out -> NpyWriter.writeTo(out, name, shape, values));
    }

    /** Adds an F64 array in row-major order. */
    public Writer array(String name, Shape shape, double[] values) {
      return add(name, out -> NpyWriter.writeTo(out, name, shape, values));
    }

    /** Adds an I64 array in row-major order. */
    public Writer array(String name, Shape shape, long[] values) {
      return add(name, out -> NpyWriter.writeTo(out, name, shape, values));
    }

    /**
     * Writes the archive deflated, all or nothing; the same arrays give the same bytes.
     *
     * @throws InputException if it cannot be written
     */
    public void write(Path target) {
      AtomicFile.write(
          target,
          file -> {
            ZipOutputStream zip = new ZipOutputStream(file);
            for (var body : bodies.entrySet()) {
              ZipEntry entry = new ZipEntry(body.getKey() + ENDING);
              entry.setLastModifiedTime(FileTime.fromMillis(0));
              zip.putNextEntry(entry);
              BufferedOutputStream out = new BufferedOutputStream(zip);
              body.getValue().write(out);
              out.flush();
              zip.closeEntry();
            }
            zip.finish();
          });
    }

    private Writer add(String name, Body body) {
      if (bodies.put(name, body) != null) {
        throw new IllegalArgumentException("array name " + name + " is taken");
      }
      return this;
    }
  }
}
