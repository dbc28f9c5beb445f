package io.attune.cli;

import io.attune.clip.Preprocessing;
import io.attune.hba.Prompts;
import io.attune.train.MegRun;
import io.attune.train.MegSettings;
import io.attune.train.RunFolder.Existing;
import java.nio.file.Path;

/**
 * Where the MEG stages begin: with the image tower and the texts of stage 1 where it is there,
 * since a few hundred images are too few for a small model to learn what objects are; else with
 * plain CLIP.
 *
 * @param folder of the demo
 * @param model folder of the base model
 */
record DemoStart(DemoFolder folder, Path model) {
  /** A run on a target of the folder; an interrupted one goes on. */
  MegRun run(Path target, Path out, MegSettings settings) {
    Path first = isPlain() ? null : folder.runs(DemoStage.BEHAVIOR);
    return new MegRun(
        model,
        folder.things(),
        target,
        out,
        Existing.RESUME,
        settings,
        Preprocessing.CLIP,
        first,
        first,
        Prompts.paper());
  }

  /** Whether stage 1 is not there. */
  boolean isPlain() {
    return !folder.has(DemoStage.BEHAVIOR);
  }
}
