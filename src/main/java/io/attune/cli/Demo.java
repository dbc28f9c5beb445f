package io.attune.cli;

import io.attune.Progress;
import io.attune.clip.ClipConfig;
import io.attune.data.synthetic.SyntheticThings;
import io.attune.format.AtomicFile;
import io.attune.report.Page;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;

/** The demo from an empty folder to its reports. */
final class Demo {
  private final DemoFolder folder;
  private final Path model;
  private final DemoSettings settings;
  private final DemoDevice device;
  private final Progress progress;

  /**
   * Prepares it.
   *
   * @param folder that {@link DemoFolder#prepare} made ready
   * @param model folder of the base model
   */
  Demo(DemoFolder folder, Path model, DemoSettings settings, DemoDevice device, Progress progress) {
    this.folder = folder;
    this.model = model;
    this.settings = settings;
    this.device = device;
    this.progress = progress;
  }

  /** The tiny model beside the launcher. */
  static Path standardModel() {
    return Path.of(System.getProperty("attune.home", ".")).resolve("weights/clip-tiny");
  }

  /**
   * Runs stages in their order and writes their pages, each once its stage is done. Runs that were
   * interrupted go on.
   *
   * @param stop asked after each training step
   * @return what each stage shows; empty if it was stopped
   * @throws io.attune.InputException if the model or the folder does not allow it
   */
  Optional<List<DemoResult>> run(Set<DemoStage> stages, BooleanSupplier stop) {
    ClipConfig.read(model);
    if (!Files.exists(folder.things())) {
      SyntheticThings.write(folder.things(), settings.data(), settings.meg(), progress);
    }
    List<DemoResult> results = new ArrayList<>();
    for (DemoStage stage : DemoStage.values()) {
      if (!stages.contains(stage)) {
        continue;
      }
      if (stage != DemoStage.BEHAVIOR && new DemoStart(folder, model).isPlain()) {
        progress.message(
            "stage 1 is not in this folder: starting with plain CLIP, from which little is"
                + " reached");
      }
      Optional<DemoResult> result = run(stage, stop);
      if (result.isEmpty()) {
        return Optional.empty();
      }
      results.add(result.get());
      // The page comes last: by it a stage is known to be done.
      DemoGoal.write(result.get().goals(), folder.scores());
      write(result.get(), stages);
      if (stop.getAsBoolean()) {
        return Optional.empty();
      }
    }
    return Optional.of(results);
  }

  private Optional<DemoResult> run(DemoStage stage, BooleanSupplier stop) {
    return switch (stage) {
      case BEHAVIOR ->
          new DemoBehavior(folder, model, settings, progress).run(device.opened(), stop);
      case MEG -> new DemoGroup(folder, model, settings, progress).run(device.opened(), stop);
      case PARTICIPANT -> new DemoPeople(folder, model, settings, progress).run(device, stop);
    };
  }

  private void write(DemoResult result, Set<DemoStage> stages) {
    Map<String, String> links = new LinkedHashMap<>();
    for (DemoStage other : DemoStage.values()) {
      if (other != result.stage() && (stages.contains(other) || folder.has(other))) {
        links.put(other.page(), other.title());
      }
    }
    Page page = result.page().linked(links);
    Path file = folder.page(result.stage());
    page.tables().forEach((table, csv) -> AtomicFile.writeText(file.resolveSibling(table), csv));
    AtomicFile.writeText(file, page.html());
  }
}
