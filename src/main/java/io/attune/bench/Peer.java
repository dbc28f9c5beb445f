package io.attune.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * PyTorch in a process of its own, asked for one measurement at a time, so that it and we take
 * turns on one card: a line of JSON in, a line of JSON out ({@code bench/gpu/peers/serve.py}). It
 * starts when first asked and again after it died or was too slow; three starts in all.
 */
public final class Peer implements AutoCloseable {
  private static final int STARTS = 3;
  private static final double START_SECONDS = 90;
  private static final String END = "";

  private final ObjectMapper mapper = new ObjectMapper();
  private final String python;
  private final Path script;
  private final Path log;
  private final String device;
  private Process process;
  private Writer requests;
  private BlockingQueue<String> replies;
  private int starts;
  private String absent;
  private JsonNode hello;

  /**
   * @param script serve.py, or null for no peer
   * @param log what the process prints, appended
   * @param device {@code cuda} or {@code cpu}
   */
  public Peer(String python, Path script, Path log, String device) {
    this.python = python;
    this.script = script;
    this.log = log;
    this.device = device;
    if (script == null) {
      absent = "not asked for";
    }
  }

  /** Versions of what serves, once it runs. */
  Optional<JsonNode> versions() {
    if (absent == null && process == null) {
      start();
    }
    return Optional.ofNullable(hello);
  }

  /** Why there is no peer, or null. */
  String absent() {
    return absent;
  }

  /**
   * The reply, which holds {@code variants} or {@code failed}.
   *
   * @param seconds to wait at most; then the process is ended
   */
  JsonNode ask(String command, Map<String, Object> request, double seconds) {
    if (absent == null && process == null) {
      start();
    }
    if (absent != null) {
      return failed(absent);
    }
    try {
      ObjectNode line = mapper.valueToTree(request);
      line.put("command", command);
      requests.write(mapper.writeValueAsString(line) + "\n");
      requests.flush();
      return read(seconds);
    } catch (IOException e) {
      stop();
      return failed("PyTorch's process ended: " + e.getMessage());
    }
  }

  private JsonNode read(double seconds) throws IOException {
    try {
      String reply = replies.poll((long) (seconds * 1000), TimeUnit.MILLISECONDS);
      if (reply == null || reply.equals(END)) {
        stop();
        return failed(
            reply == null
                ? "no reply in %.0f s".formatted(seconds)
                : "PyTorch's process ended; see " + log.getFileName());
      }
      return mapper.readTree(reply);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted");
    }
  }

  private void start() {
    if (starts++ == STARTS) {
      absent = "PyTorch's process ended %d times; see %s".formatted(STARTS, log.getFileName());
      return;
    }
    try {
      process =
          new ProcessBuilder(python, "-u", script.toString(), "--device", device)
              .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
              .start();
      requests = process.outputWriter();
      replies = new LinkedBlockingQueue<>();
      Thread reader = new Thread(() -> forward(process.inputReader(), replies), "peer");
      reader.setDaemon(true);
      reader.start();
      JsonNode first = read(START_SECONDS);
      if (first.has("failed")) {
        absent = first.path("failed").asText();
        stop();
      } else {
        hello = first;
      }
    } catch (IOException e) {
      absent = "cannot start %s: %s".formatted(python, e.getMessage());
      stop();
    }
  }

  private static void forward(BufferedReader from, BlockingQueue<String> to) {
    try {
      for (String line = from.readLine(); line != null; line = from.readLine()) {
        to.add(line);
      }
    } catch (IOException e) {
      // The process is gone, which the end tells.
    } finally {
      to.add(END);
    }
  }

  private JsonNode failed(String why) {
    return mapper.createObjectNode().put("failed", why);
  }

  private void stop() {
    if (process != null) {
      process.destroyForcibly();
      process = null;
    }
  }

  @Override
  public void close() {
    stop();
  }
}
