package io.attune.cli;

import io.attune.Progress;
import io.attune.data.ConceptList;
import io.attune.data.meg.CondenseRequest;
import io.attune.data.meg.MegSelection;
import io.attune.data.meg.MegTargets;
import io.attune.data.synthetic.MegSettings;
import io.attune.rsa.NanPolicy;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** The demo's condensed MEG targets, made of the drawn arrays. */
final class DemoTargets {
  private static final double FIRST_MS = -100;
  private static final int SAMPLES_AVERAGED = 5;

  private final DemoFolder folder;
  private final MegSettings drawn;
  private final Progress progress;

  DemoTargets(DemoFolder folder, MegSettings drawn, Progress progress) {
    this.folder = folder;
    this.drawn = drawn;
    this.progress = progress;
  }

  /** Numbers of the people in the scanner, from 1. */
  List<Integer> people() {
    return IntStream.rangeClosed(1, drawn.participants()).boxed().toList();
  }

  /** The mean of all people. */
  Path group() {
    return folder.targets().resolve("group.npy");
  }

  /** A person's of those who make the group. */
  Path groupMember(int person) {
    return folder.targets().resolve("group-%d.npy".formatted(person));
  }

  /** A person's in the individual data. */
  Path person(int person) {
    return folder.targets().resolve("person-%d.npy".formatted(person));
  }

  /** Condenses the group's, if that was not done before. */
  void makeGroup() {
    List<MegSelection> wanted = new ArrayList<>();
    wanted.add(MegSelection.group(group(), people(), drawn.participants()));
    people().forEach(p -> wanted.add(MegSelection.individual(groupMember(p), p)));
    Path names = folder.things().resolve("meg/group_concepts.txt");
    List<String> concepts = ConceptList.read(names);
    String file =
        String.format(Locale.ROOT, "validation-pairwise_decoding_RDM%d.mat", concepts.size());
    make(file, wanted, concepts, drawn.stepMs());
  }

  /** Condenses the individuals', likewise. */
  void makePeople() {
    List<MegSelection> wanted =
        people().stream().map(p -> MegSelection.individual(person(p), p)).toList();
    Path names = folder.things().resolve("meg/individual_images.txt");
    make(
        "individual.npy",
        wanted,
        ConceptList.read(names),
        drawn.stepMs() / (double) SAMPLES_AVERAGED);
  }

  private void make(String file, List<MegSelection> all, List<String> names, double stepMs) {
    List<MegSelection> missing =
        all.stream().filter(selection -> !Files.exists(selection.out())).toList();
    if (missing.isEmpty()) {
      return;
    }
    try {
      Files.createDirectories(folder.targets());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    CondenseRequest request =
        new CondenseRequest(
            folder.things().resolve("meg").resolve(file),
            null,
            missing,
            names,
            FIRST_MS,
            stepMs,
            (double) drawn.stepMs(),
            null,
            null,
            NanPolicy.ERROR,
            1);
    MegTargets.write(request, progress);
  }
}
