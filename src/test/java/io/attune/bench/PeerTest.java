package io.attune.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The peer's process answers, dies, hangs or is not there, and the bench goes on. */
class PeerTest {
  private static final String SERVES =
      """
      import json, sys, time
      print(json.dumps({"torch": "none"}), flush=True)
      for line in sys.stdin:
          request = json.loads(line)
          if request["command"] == "die":
              sys.exit(1)
          if request["command"] == "hang":
              time.sleep(60)
          print(json.dumps({"echo": request["value"]}), flush=True)
      """;

  @TempDir Path folder;

  private Path script;

  @BeforeEach
  void write() throws IOException {
    script = Files.writeString(folder.resolve("peer.py"), SERVES);
    try {
      new ProcessBuilder("python3", "--version").start().waitFor();
    } catch (IOException | InterruptedException e) {
      System.out.println("skipped: no python3 on this machine");
      Assumptions.abort("no python3 on this machine");
    }
  }

  private Peer peer(Path serves) {
    return new Peer("python3", serves, folder.resolve("log"), "cpu");
  }

  @Test
  void answersWhatItIsAsked() {
    try (Peer peer = peer(script)) {
      assertEquals("none", peer.versions().orElseThrow().path("torch").asText());
      assertEquals(7, peer.ask("echo", Map.of("value", 7), 30).path("echo").asInt());
      assertEquals(8, peer.ask("echo", Map.of("value", 8), 30).path("echo").asInt());
    }
  }

  @Test
  void startsAgainAfterADeathAndAHang() {
    try (Peer peer = peer(script)) {
      assertTrue(peer.ask("die", Map.of("value", 1), 30).has("failed"));
      assertEquals(2, peer.ask("echo", Map.of("value", 2), 30).path("echo").asInt());
      String slow = peer.ask("hang", Map.of("value", 3), 0.2).path("failed").asText();
      assertTrue(slow.startsWith("no reply in"), slow);
      assertEquals(4, peer.ask("echo", Map.of("value", 4), 30).path("echo").asInt());
    }
  }

  @Test
  void givesUpAfterThreeStarts() {
    try (Peer peer = peer(script)) {
      for (int i = 0; i < 3; i++) {
        assertTrue(peer.ask("die", Map.of("value", i), 30).has("failed"));
      }
      String why = peer.ask("echo", Map.of("value", 4), 30).path("failed").asText();
      assertTrue(why.contains("ended 3 times"), why);
      assertEquals(why, peer.absent());
    }
  }

  @Test
  void saysWhyThereIsNone() throws IOException {
    Path refuses =
        Files.writeString(
            folder.resolve("refuses.py"), "print('{\"failed\": \"no PyTorch here\"}')\n");
    try (Peer peer = peer(refuses)) {
      assertEquals("no PyTorch here", peer.ask("echo", Map.of(), 30).path("failed").asText());
    }
    try (Peer peer = new Peer("no-such-python", script, folder.resolve("log"), "cpu")) {
      String why = peer.ask("echo", Map.of(), 30).path("failed").asText();
      assertTrue(why.startsWith("cannot start no-such-python"), why);
    }
  }
}
