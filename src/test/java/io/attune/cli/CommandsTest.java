package io.attune.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.cli.Terminal.Result;
import io.attune.clip.ClipArchitecture;
import io.attune.format.Npy;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/** The small commands from their arguments to their exit status and files. */
class CommandsTest {
  private static final Path MODEL = Path.of("weights/references/names");

  @TempDir private Path temp;

  static Stream<String> commands() {
    return Attune.commands(console()).getSubcommands().keySet().stream();
  }

  private static Console console() {
    return new Console(System.out, System.err, 0);
  }

  @ParameterizedTest
  @MethodSource("commands")
  void everyCommandExplainsItself(String command) {
    Result result = Terminal.run(command, "--help");
    assertEquals(0, result.status());
    assertTrue(result.out().startsWith("Usage: attune " + command), result.out());
    assertTrue(result.out().contains("Example"), result.out());
  }

  @ParameterizedTest
  @MethodSource("commands")
  void aCommandLineMakesTheCommandThatItNames(String command) {
    var made = Commands.addTo(new CommandLine(new Attune()), console(), "--verbose", command, "x");
    assertEquals(Set.of(command), made.getSubcommands().keySet());
    assertEquals(command, made.getSubcommands().get(command).getCommandName());
  }

  @ParameterizedTest
  @ValueSource(strings = {"meg", "participants", "concepts"})
  void aReportIsAPageByItsName(String what) {
    Result result = Terminal.run("evaluate", what, "--report", temp.resolve("r.pdf").toString());
    assertEquals(2, result.status());
    assertTrue(result.err().contains("expected a file name ending in .html"), result.err());
  }

  /** A line for each option that takes one of a few words: its command, its name, the words. */
  static Stream<Arguments> choices() {
    return all(Attune.commands(console()))
        .flatMap(
            line ->
                line.getCommandSpec().options().stream()
                    .filter(option -> option.type().isEnum() && option.converters().length == 0)
                    .map(
                        option ->
                            Arguments.of(
                                line.getCommandSpec().qualifiedName(" "),
                                option.longestName(),
                                Arrays.stream(option.type().getEnumConstants())
                                    .map(Object::toString)
                                    .map(word -> word.toLowerCase(Locale.ROOT).replace('_', '-'))
                                    .toList())));
  }

  private static Stream<CommandLine> all(CommandLine line) {
    return Stream.concat(
        Stream.of(line), line.getSubcommands().values().stream().flatMap(CommandsTest::all));
  }

  @ParameterizedTest
  @MethodSource("choices")
  void wordsToChooseFromAreListedAsTheyAreAccepted(
      String command, String option, List<String> words) {
    String[] called = command.substring("attune ".length()).split(" ");
    String help = Terminal.run(join(called, "--help")).out();
    for (String word : words) {
      assertTrue(help.matches("(?s).*\\b" + word + "\\b.*"), word + " in\n" + help);
      for (String spelled : List.of(word, word.toUpperCase(Locale.ROOT).replace('-', '_'))) {
        Result taken = Terminal.run(join(called, option, spelled, "--none-such"));
        assertFalse(taken.err().contains("Invalid value"), taken.err());
      }
    }
    Result refused = Terminal.run(join(called, option, "wrong"));
    assertEquals(2, refused.status());
    String list = String.join(", ", words).replaceFirst(", (?=[^,]*$)", " or ");
    assertTrue(refused.err().contains("expected " + list + ", found 'wrong'"), refused.err());
    assertEquals(1, refused.err().lines().count(), refused.err());
  }

  @Test
  void aCommandLineThatNamesNoCommandMakesAllOrForTheVersionNone() {
    for (String[] arguments : new String[][] {{}, {"--help"}, {"embde", "embed"}}) {
      var made = Commands.addTo(new CommandLine(new Attune()), console(), arguments);
      assertEquals(commands().toList(), List.copyOf(made.getSubcommands().keySet()));
    }
    var made = Commands.addTo(new CommandLine(new Attune()), console(), "--version");
    assertEquals(Set.of(), made.getSubcommands().keySet());
  }

  @Test
  void devicesListsAllAndSaysWhichServes() {
    Result result = Terminal.run("devices");
    assertEquals(0, result.status(), result.err());
    assertTrue(result.out().contains("\ncpu       yes  cpu: "), result.out());
    assertTrue(result.out().lines().anyMatch(line -> line.startsWith("cuda ")), result.out());
    assertTrue(result.out().lines().anyMatch(line -> line.startsWith("--device auto takes ")));
    for (String part : new String[] {"driver", "kernels", "cuBLAS", "cuDNN", "NVRTC"}) {
      long lines = result.out().lines().filter(line -> line.startsWith(part + " ")).count();
      assertEquals(1, lines, () -> part + " in\n" + result.out());
    }
    assertFalse(result.out().contains("Exception"), result.out());
    assertEquals("", result.err());
  }

  @Test
  void initWritesAModelThatOtherCommandsRead() throws IOException {
    Path model = temp.resolve("a/b");
    Result made = Terminal.run("init", "--arch", "tiny", "--seed", "3", "--out", model.toString());
    assertEquals(0, made.status(), made.err());
    assertEquals(model + "\n", made.out());
    Path texts = Files.writeString(temp.resolve("texts.txt"), "hello world\na cat, two dogs\n");
    Path ids = temp.resolve("ids.npy");
    Result tokens =
        Terminal.run(
            "tokenize",
            "--model",
            model.toString(),
            "--texts",
            texts.toString(),
            "--pad",
            "end",
            "--out",
            ids.toString());
    assertEquals(0, tokens.status(), tokens.err());
    try (Npy written = Npy.open(ids)) {
      assertEquals(DType.I64, written.dtype());
      int context = ClipArchitecture.TINY.config().context();
      assertEquals(Shape.of(2, context), written.shape());
      long[] values = written.readLongs();
      assertEquals(1022, values[0], "the start token");
      assertEquals(1023, values[context - 1], "padded with the end token");
    }

    Path tooLong = Files.writeString(temp.resolve("long.txt"), "short\n" + "x".repeat(500));
    Result refused =
        Terminal.run(
            "tokenize",
            "--model",
            model.toString(),
            "--texts",
            tooLong.toString(),
            "--out",
            ids.toString());
    assertEquals(2, refused.status());
    assertTrue(refused.err().contains("long.txt: line 2: text of 502 tokens"), refused.err());

    for (String unreadable : List.of("none.txt", "model")) {
      Path file = temp.resolve(unreadable);
      Result told =
          Terminal.run(
              "tokenize",
              "--model",
              model.toString(),
              "--texts",
              file.toString(),
              "--out",
              ids.toString());
      assertEquals(2, told.status());
      assertTrue(told.err().contains(file + ": "), told.err());
      assertFalse(told.err().contains("java."), "reasons are words: " + told.err());
    }

    Path config = model.resolve("config.json");
    String wrongEnd = Files.readString(config).replaceAll("(\"eos_token_id\" *: *)1023", "$17");
    Files.writeString(config, wrongEnd);
    Result contradicted =
        Terminal.run(
            "embed",
            "--model",
            model.toString(),
            "--texts",
            texts.toString(),
            "--out",
            ids.toString());
    assertEquals(2, contradicted.status());
    assertTrue(
        contradicted.err().contains("end token at 1023, config.json says eos_token_id 7"),
        contradicted.err());

    Result again = Terminal.run("init", "--arch", "tiny", "--out", model.toString());
    assertEquals(2, again.status());
    assertTrue(again.err().contains("is not empty"), again.err());
  }

  @Test
  void verifyTellsPassFromFail() throws IOException {
    Path json = temp.resolve("v.json");
    String reference = MODEL.resolve("reference-contrastive.safetensors").toString();
    String[] common = {"verify", "--model", MODEL.toString(), "--reference", reference};
    Result pass = Terminal.run(join(common, "--device", "cpu", "--json", json.toString()));
    assertEquals(0, pass.status(), pass.err());
    String last = pass.out().lines().reduce("", (a, b) -> b);
    assertTrue(last.matches("verified \\d+ tensors, worst \\S+ at \\S+: PASS"), last);
    assertTrue(Files.readString(json).contains("\"pass\" : true"));
    assertTrue(
        pass.out().lines().findFirst().orElse("").matches("\\S+ +\\S.* \\S+ ok"), pass.out());

    Result fail = Terminal.run(join(common, "--tolerance-gradients", "1e-12"));
    assertEquals(1, fail.status());
    assertTrue(fail.out().contains(" FAIL\n") && fail.out().endsWith(": FAIL\n"), fail.out());

    Result bad = Terminal.run("verify", "--model", MODEL.toString(), "--reference", "absent");
    assertEquals(2, bad.status());
    assertEquals(1, bad.err().lines().filter(line -> line.startsWith("attune: ")).count());
    assertTrue(bad.err().contains("absent"), bad.err());
  }

  @Test
  void badOptionsAreOneLine() {
    String model = MODEL.toString();
    String[][] wrong = {
      {"embed", "--model", model, "--out", "e.npy"},
      {"embed", "--model", model, "--images", "a", "--texts", "b", "--out", "e.npy"},
      {"embed", "--model", model, "--images", "a", "--out", "e.npy", "--batch", "0"},
      {"embed", "--model", model, "--images", "a", "--out", "e.xyz"},
      {"embed", "--model", "absent", "--images", "a", "--out", "e.npy", "--device", "cpu"},
      {"embed", "--model", model, "--images", "a", "--out", "e.npy", "--device", "gpu"},
      {"preprocess", "--model", model, "--images", "a", "--out", "e.txt"},
      {"init", "--arch", "vit-x", "--out", "x"},
      {"init", "--arch", "tiny"},
    };
    for (String[] arguments : wrong) {
      Result result = Terminal.run(arguments);
      String call = String.join(" ", arguments);
      assertEquals(2, result.status(), call + "\n" + result.err());
      assertEquals("", result.out(), call);
      assertEquals(
          1, result.err().lines().filter(l -> !l.startsWith("cpu: ")).count(), result.err());
      assertTrue(result.err().contains("attune: "), result.err());
      assertFalse(result.err().contains("internal error"), result.err());
      assertFalse(result.err().contains("Exception"), result.err());
    }
  }

  @Test
  void optionsThatExcludeEachOtherAreOneLine() {
    Result result = Terminal.run("demo", "--resume", "--overwrite");
    assertEquals(2, result.status());
    assertTrue(
        result.err().startsWith("attune: --resume, --overwrite are mutually exclusive"),
        result.err());
  }

  private static String[] join(String[] first, String... more) {
    return Stream.concat(Stream.of(first), Stream.of(more)).toArray(String[]::new);
  }
}
