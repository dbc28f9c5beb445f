package io.attune.cli;

import static io.attune.cli.Terminal.ok;

import java.nio.file.Path;

/** Synthetic MEG at 100 ms steps, a tiny model, and targets as training takes them, in a folder. */
final class MegFiles {
  private MegFiles() {}

  /** Draws {@code things} and {@code model}; {@code meg} is group, individual or both. */
  static void draw(Path folder, int concepts, String meg) {
    ok(
        "data synth --concepts %d --size 32 --meg %s --meg-step 100 --out %s"
            .formatted(concepts, meg, folder.resolve("things")));
    ok("init --arch tiny --out " + folder.resolve("model"));
  }

  /** Writes {@code group.npy}. */
  static void condenseGroup(Path folder, int concepts) {
    Path meg = folder.resolve("things/meg");
    ok(
        "data meg-condense --meg %s --names %s --step-ms 100 --out %s"
            .formatted(
                meg.resolve("validation-pairwise_decoding_RDM%d.mat".formatted(concepts)),
                meg.resolve("group_concepts.txt"),
                folder.resolve("group.npy")));
  }

  /** Writes {@code person-P.npy} for each participant. */
  static void condensePeople(Path folder, String participants) {
    Path meg = folder.resolve("things/meg");
    ok(
        "data meg-condense --meg %s --names %s --step-ms 20 --target-step-ms 100 --participant %s --out %s"
            .formatted(
                meg.resolve("individual.npy"),
                meg.resolve("individual_images.txt"),
                participants,
                folder.resolve("person-{p}.npy")));
  }
}
