package io.attune.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.data.synthetic.SyntheticSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The folder of a demo: {@code things}, {@code targets}, a folder of runs for each stage, and each
 * stage's page with the tables beside it.
 */
record DemoFolder(Path path) {
  private static final String TRUTH = "truth.json";
  private static final String SCORES = "scores.csv";

  Path things() {
    return path.resolve("things");
  }

  Path targets() {
    return path.resolve("targets");
  }

  Path runs(DemoStage stage) {
    return path.resolve(stage.folder());
  }

  Path page(DemoStage stage) {
    return path.resolve(stage.page());
  }

  Path scores() {
    return path.resolve(SCORES);
  }

  /** Whether an earlier demo finished a stage here. */
  boolean has(DemoStage stage) {
    return Files.exists(page(stage));
  }

  /**
   * Makes the folder, or makes room in that of an earlier demo: all stages replace all of it, one
   * stage replaces its own runs and page and builds on the rest.
   *
   * @param overwrite whether anything may be replaced
   * @throws InputException if it holds anything that is not to be replaced, or was drawn otherwise
   */
  void prepare(Set<DemoStage> stages, SyntheticSettings data, boolean overwrite) {
    boolean demo = Files.exists(things().resolve(TRUTH));
    try {
      if (demo && stages.size() < DemoStage.values().length) {
        requireSame(data);
        for (DemoStage stage : stages) {
          makeRoom(stage, overwrite);
        }
        return;
      }
      if (demo && overwrite) {
        for (DemoStage stage : DemoStage.values()) {
          makeRoom(stage, true);
        }
        delete(things());
        delete(targets());
        delete(scores());
      }
    } catch (IOException e) {
      throw new InputException("%s: cannot be cleared: %s".formatted(path, e), e);
    }
    OutputFolder.create(path);
  }

  /**
   * Asserts that the folder is that of an earlier demo, whose runs go on.
   *
   * @return those of the stages that are not done
   * @throws InputException if it is none, or was drawn otherwise
   */
  Set<DemoStage> resume(Set<DemoStage> stages, SyntheticSettings data) {
    if (!Files.exists(things().resolve(TRUTH))) {
      throw new InputException(path + ": holds no demo to go on with - start one without --resume");
    }
    try {
      requireSame(data);
    } catch (IOException e) {
      throw InputException.unreadable(things().resolve(TRUTH), e);
    }
    Set<DemoStage> left = EnumSet.copyOf(stages);
    left.removeIf(this::has);
    return left;
  }

  private void requireSame(SyntheticSettings data) throws IOException {
    ObjectMapper mapper = new ObjectMapper();
    Path truth = things().resolve(TRUTH);
    JsonNode drawn = mapper.readTree(Files.readString(truth)).path("settings");
    JsonNode wanted = mapper.readTree(mapper.writeValueAsString(data));
    if (!drawn.equals(wanted) || !Files.exists(things().resolve("meg").resolve(TRUTH))) {
      throw new InputException(
          "%s: an earlier demo of other data (%s, wanted are %s with MEG) - name another folder"
              .formatted(path, drawn, wanted));
    }
  }

  private void makeRoom(DemoStage stage, boolean overwrite) throws IOException {
    List<Path> old;
    try (Stream<Path> entries = Files.list(path)) {
      old =
          entries
              .filter(
                  entry -> {
                    String name = entry.getFileName().toString();
                    return name.equals(stage.folder())
                        || name.matches(stage.tables() + "(-\\w+)*[.](html|csv)");
                  })
              .toList();
    }
    if (!old.isEmpty() && !overwrite) {
      throw new InputException(
          "%s: is there already - go on with --resume, or give --overwrite to replace this stage"
              .formatted(old.getFirst()));
    }
    for (Path entry : old) {
      delete(entry);
    }
  }

  private static void delete(Path tree) throws IOException {
    if (!Files.exists(tree)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> walk = Files.walk(tree)) {
      all = walk.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path one : all) {
      Files.delete(one);
    }
  }
}
