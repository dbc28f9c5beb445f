package io.attune.hba;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PromptsTest {
  @Test
  void thePaperHasSixtySixPrompts() {
    List<String> texts = Prompts.paper().texts();
    assertEquals(66, texts.size());
    assertEquals("metallic; artificial", texts.getFirst());
    assertEquals("upright; elongated; volumous", texts.get(51));
    assertEquals("stick-shaped; container", texts.get(49));
    assertEquals("fine-grained; pattern", texts.getLast());
  }

  @Test
  void aUsersFileReplacesThem(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("prompts.txt");
    Files.writeString(file, "\uFEFF# mine\n round things \n\nsoft # not a comment\n");
    assertEquals(List.of("round things", "soft # not a comment"), Prompts.read(file).texts());
    assertEquals(2, Prompts.read(file).count());
  }

  @Test
  void aFileWithoutPromptsIsRefused(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("prompts.txt");
    Files.writeString(file, "# nothing\n");
    String message = assertThrows(InputException.class, () -> Prompts.read(file)).getMessage();
    assertTrue(message.contains("no prompt found"), message);
  }
}
