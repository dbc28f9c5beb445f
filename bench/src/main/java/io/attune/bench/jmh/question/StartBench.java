package io.attune.bench.jmh.question;

import io.attune.bench.jmh.Amount;
import io.attune.bench.jmh.Contest;
import io.attune.bench.jmh.Contestant;
import io.attune.bench.jmh.Provider;
import io.attune.bench.jmh.Question;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** From the launcher's start to its end, as users wait for it; nobody to compare with. */
public final class StartBench implements Question {
  @Override
  public String name() {
    return "start";
  }

  @Override
  public String description() {
    return "the command line's start, and embedding one image";
  }

  @Override
  public List<Contest> contests() {
    return List.of(
        contest("attune --version", List.of("--version")),
        contest("attune embed, one image, tiny model", List.of("embed")));
  }

  /** What processes that have ended took is not told apart from what others did. */
  @Override
  public boolean tellsProcessorTime() {
    return false;
  }

  /** It shows nothing that could be compared. */
  @Override
  public List<Contest> samples() {
    return List.of();
  }

  private static Contest contest(String what, List<String> arguments) {
    return Contest.of(
            "start", what, Amount.once(), 0, Map.of(Provider.ATTUNE, threads -> open(arguments)))
        .paced(Contest.Pace.LONG);
  }

  private static Contestant open(List<String> arguments) throws IOException {
    Path home = Path.of(System.getProperty("attune.home"));
    List<String> command = new ArrayList<>(arguments);
    command.addFirst(home.resolve("attune").toString());
    if (arguments.contains("embed")) {
      Path folder = Files.createTempDirectory("attune-bench-start");
      Files.copy(home.resolve("docs").resolve("report.png"), folder.resolve("one.png"));
      command.addAll(
          List.of(
              "--device",
              "cpu",
              "--model",
              home.resolve("weights").resolve("clip-tiny").toString(),
              "--images",
              folder.toString(),
              "--out",
              folder.resolve("e.npy").toString()));
    }
    return new Start(command);
  }

  private record Start(List<String> command) implements Contestant {
    @Override
    public void run() throws IOException, InterruptedException {
      Process process =
          new ProcessBuilder(command)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      int status = process.waitFor();
      if (status != 0) {
        throw new IOException("exit status %d of %s".formatted(status, command));
      }
    }

    @Override
    public float[][] outputs() {
      return new float[0][];
    }

    /** Its files go with the launch's folder. */
    @Override
    public void close() {}
  }
}
