package io.attune.bench.jmh.peer;

import io.attune.bench.jmh.Contestant;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A task of {@code peer.py} in a Python process of its own, {@code /usr/bin/python3} unless {@code
 * ATTUNE_PYTHON} names another. A run is a line each way, about 0.05 ms beside the work itself.
 */
public final class Python implements Contestant {
  private final Process process;
  private final OutputStream out;
  private final InputStream in;
  private double processorSeconds;

  private Python(int threads) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(interpreter(), "-c", source());
    for (String variable : List.of("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")) {
      builder.environment().put(variable, Integer.toString(threads));
    }
    builder.redirectError(ProcessBuilder.Redirect.INHERIT);
    process = builder.start();
    out = new BufferedOutputStream(process.getOutputStream());
    in = new BufferedInputStream(process.getInputStream());
  }

  private static String interpreter() {
    return System.getenv().getOrDefault("ATTUNE_PYTHON", "/usr/bin/python3");
  }

  /** Why tasks that need these modules cannot be done, and what would help; empty if they can. */
  static Optional<String> missing(String... modules) {
    return missingFrom(interpreter(), modules);
  }

  static Optional<String> missingFrom(String python, String... modules) {
    String wanted = String.join(", ", modules);
    try {
      Process process =
          new ProcessBuilder(python, "-c", "import " + wanted)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      process.getOutputStream().close();
      return process.waitFor() == 0
          ? Optional.empty()
          : Optional.of(
              "%s cannot import %s: install them, or name another Python in ATTUNE_PYTHON"
                  .formatted(python, wanted));
    } catch (IOException e) {
      return Optional.of(
          "%s cannot be started: install it with %s, or name another Python in ATTUNE_PYTHON"
              .formatted(python, wanted));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return Optional.of("interrupted while it was looked for");
    }
  }

  /** A task on arrays, each with its shape. */
  public static Python on(int threads, String task, List<float[]> arrays, List<int[]> shapes)
      throws IOException {
    Python python = new Python(threads);
    python.say(task + "\n" + arrays.size());
    for (int i = 0; i < arrays.size(); i++) {
      StringBuilder shape = new StringBuilder();
      for (int side : shapes.get(i)) {
        shape.append(side).append(' ');
      }
      python.say(shape.toString());
      ByteBuffer bytes =
          ByteBuffer.allocate(4 * arrays.get(i).length).order(ByteOrder.LITTLE_ENDIAN);
      bytes.asFloatBuffer().put(arrays.get(i));
      python.out.write(bytes.array());
    }
    python.out.flush();
    return python;
  }

  /** A task on files. */
  public static Python on(int threads, String task, List<Path> files) throws IOException {
    Python python = new Python(threads);
    python.say(task + "\n" + files.size());
    for (Path file : files) {
      python.say(file.toString());
    }
    return python;
  }

  private static String source() throws IOException {
    try (InputStream source = Python.class.getResourceAsStream("peer.py")) {
      return new String(source.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Override
  public void run() throws IOException {
    say("run");
    processorSeconds += Double.parseDouble(line());
  }

  @Override
  public long processorNanoseconds() {
    return (long) (1e9 * processorSeconds);
  }

  @Override
  public float[][] outputs() throws IOException {
    say("outputs");
    float[][] outputs = new float[Integer.parseInt(line())][];
    for (int i = 0; i < outputs.length; i++) {
      outputs[i] = new float[Integer.parseInt(line())];
      byte[] bytes = in.readNBytes(4 * outputs[i].length);
      ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(outputs[i]);
    }
    return outputs;
  }

  private void say(String text) throws IOException {
    out.write((text + "\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private String line() throws IOException {
    StringBuilder text = new StringBuilder();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("Python ended before it answered");
      }
      text.append((char) c);
    }
    return text.toString();
  }

  /** Waited for, so that its processor time counts as that of this process's children. */
  @Override
  public void close() {
    process.destroy();
    process.onExit().join();
  }
}
