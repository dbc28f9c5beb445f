package io.attune.data;

import io.attune.InputException;
import io.attune.clip.ImageDecoder;
import io.attune.clip.ImagePreprocessor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Decodes and preprocesses a list of images batch by batch. A fixed number of threads works on one
 * batch while the caller uses the one before; two buffers of a batch are all the pixels held. Every
 * image is computed by itself, so the values do not depend on the number of threads.
 */
public final class ImageBatches implements Iterator<ImageBatch>, AutoCloseable {
  /** What to do with an image that cannot be read. */
  public enum Unreadable {
    /** Throw its InputException when its batch is taken. */
    FAIL,
    /** Leave its row out, so that its batch is smaller, and list it. */
    SKIP
  }

  /** An image that was left out, and why; the reason names the file. */
  public record Skipped(Path file, String reason) {}

  private record Loading(List<Path> files, List<Future<InputException>> rows, float[] pixels) {}

  private final List<Path> files;
  private final ImagePreprocessor preprocessor;
  private final int batchSize;
  private final Unreadable unreadable;
  private final List<Skipped> skipped = new ArrayList<>();
  private final ExecutorService threads;
  private float[] free;
  private float[] lent;
  private int started;
  private Loading loading;

  /**
   * @param batchSize most images of a batch
   * @param threadCount threads that decode
   */
  public ImageBatches(
      List<Path> files,
      ImagePreprocessor preprocessor,
      int batchSize,
      int threadCount,
      Unreadable unreadable) {
    if (batchSize < 1 || (long) batchSize * preprocessor.length() > Integer.MAX_VALUE - 16) {
      throw new InputException(
          "a batch of %d images of %dx%d: expected 1 to %d images"
              .formatted(
                  batchSize,
                  preprocessor.width(),
                  preprocessor.height(),
                  (Integer.MAX_VALUE - 16) / preprocessor.length()));
    }
    this.files = List.copyOf(files);
    this.preprocessor = preprocessor;
    this.batchSize = batchSize;
    this.unreadable = unreadable;
    int rows = Math.min(batchSize, this.files.size());
    this.free = new float[rows * preprocessor.length()];
    this.lent = new float[this.files.size() > batchSize ? free.length : 0];
    this.threads =
        Executors.newFixedThreadPool(
            threadCount, Thread.ofPlatform().daemon().name("attune-images-", 0).factory());
    loading = start();
  }

  @Override
  public boolean hasNext() {
    return loading != null;
  }

  /**
   * The next batch; empty only where all its images were left out.
   *
   * @throws InputException naming the first unreadable image, unless those are skipped
   */
  @Override
  public ImageBatch next() {
    if (loading == null) {
      throw new NoSuchElementException("all " + files.size() + " images were taken");
    }
    Loading done = loading;
    List<Path> read = await(done);
    float[] reusable = lent;
    lent = done.pixels;
    free = reusable;
    loading = start();
    return new ImageBatch(read, done.pixels);
  }

  /** The images left out of the batches taken so far, in order. */
  public List<Skipped> skipped() {
    return List.copyOf(skipped);
  }

  /** Stops the threads; images under way are finished, and dropped. */
  @Override
  public void close() {
    threads.shutdownNow();
  }

  private Loading start() {
    if (started == files.size()) {
      return null;
    }
    List<Path> batch = files.subList(started, Math.min(started + batchSize, files.size()));
    started += batch.size();
    float[] pixels = free;
    List<Future<InputException>> rows = new ArrayList<>(batch.size());
    for (int i = 0; i < batch.size(); i++) {
      Path file = batch.get(i);
      int offset = i * preprocessor.length();
      rows.add(threads.submit(() -> load(file, pixels, offset)));
    }
    return new Loading(batch, rows, pixels);
  }

  /** Null when all went well. */
  private InputException load(Path file, float[] pixels, int offset) {
    try {
      var image = ImageDecoder.read(file);
      try {
        preprocessor.apply(image, pixels, offset);
        return null;
      } catch (InputException e) {
        return new InputException(file + ": " + e.getMessage(), e);
      }
    } catch (InputException e) {
      return e;
    }
  }

  /** Waits for a batch, closing the gaps that unreadable images left. */
  private List<Path> await(Loading batch) {
    List<Path> read = new ArrayList<>(batch.files.size());
    int length = preprocessor.length();
    for (int i = 0; i < batch.files.size(); i++) {
      InputException failure = failure(batch.rows.get(i));
      if (failure != null && unreadable == Unreadable.FAIL) {
        throw failure;
      }
      if (failure != null) {
        skipped.add(new Skipped(batch.files.get(i), failure.getMessage()));
        continue;
      }
      if (read.size() < i) {
        System.arraycopy(batch.pixels, i * length, batch.pixels, read.size() * length, length);
      }
      read.add(batch.files.get(i));
    }
    return read;
  }

  private static InputException failure(Future<InputException> row) {
    try {
      return row.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while reading images", e);
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case Error error -> throw error;
        case RuntimeException exception -> throw exception;
        default -> throw new IllegalStateException(e.getCause());
      }
    }
  }
}
