package io.attune.data.meg;

import io.attune.InputException;
import io.attune.Progress;
import io.attune.data.meg.CondenseState.Phase;
import io.attune.format.AtomicFile;
import io.attune.format.NpyInPlace;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Writes condensed targets from an array of RDMs. Work under way lies in {@code TARGET.npy.part/};
 * the same request after a kill goes on there. A target appears whole or not at all.
 */
public final class MegTargets {
  private static final Duration SAVE_EVERY = Duration.ofSeconds(20);

  private final CondensePlan plan;
  private final Duration saveEvery;
  private final Progress progress;
  private final Path work;
  private boolean isDone;

  private MegTargets(CondensePlan plan, Duration saveEvery, Progress progress) {
    this.plan = plan;
    this.saveEvery = saveEvery;
    this.progress = progress;
    Path first = plan.request().selections().getFirst().out();
    this.work = first.resolveSibling(first.getFileName() + ".part");
  }

  /**
   * Writes the targets of a request; targets that are there already, whole and of the same request,
   * are kept.
   *
   * @throws InputException if the array, the request or the place to write to is no good: the
   *     message says what and where
   */
  public static void write(CondenseRequest request, Progress progress) {
    write(request, SAVE_EVERY, progress);
  }

  static void write(CondenseRequest request, Duration saveEvery, Progress progress) {
    try (MegArray array = MegArray.open(request.file(), request.dataset())) {
      CondensePlan plan = CondensePlan.of(request, array);
      new MegTargets(plan, saveEvery, progress).write();
    }
  }

  private void write() {
    List<MegSelection> selections = plan.request().selections();
    plan.lines().forEach(progress::message);
    if (!Files.isDirectory(work)) {
      if (selections.stream().allMatch(s -> exists(s.out()) && exists(json(s)))) {
        confirm();
        return;
      }
      requireFree();
      selections.forEach(selection -> AtomicFile.requireWritable(selection.out()));
      requireRoom();
    }
    try {
      Files.createDirectories(work);
      try (FileChannel channel =
              FileChannel.open(
                  work.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock _ = lock(channel)) {
        condense();
      } finally {
        if (isDone) {
          delete(work);
        }
      }
    } catch (IOException e) {
      throw new InputException("cannot write %s: %s".formatted(work, e.getMessage()), e);
    }
  }

  private FileLock lock(FileChannel channel) throws IOException {
    FileLock lock;
    try {
      lock = channel.tryLock();
    } catch (OverlappingFileLockException e) {
      lock = null;
    }
    if (lock == null) {
      throw new InputException(work + ": another process is at work there; wait for it");
    }
    return lock;
  }

  private void condense() {
    CondenseState state =
        CondenseState.open(
            work, plan.fingerprint(), plan.wanted(), plan.axis().count(), plan.pairs());
    if (state.phase != Phase.CHECKSUM) {
      progress.message("going on with %s, in the pass %s".formatted(work, state.phase));
    }
    if (state.phase != Phase.PUBLISH) {
      requireFree();
    }
    MegCondenser condenser = new MegCondenser(plan, state, saveEvery, progress);
    if (state.phase == Phase.CHECKSUM) {
      state.sha256 = checksum("checksum of the source", plan.array().file());
      enter(state, Phase.STATISTICS);
    }
    if (state.phase == Phase.STATISTICS) {
      try {
        condenser.statistics();
      } catch (InputException e) {
        isDone = true; // a bad source leaves nothing worth going on with
        throw e;
      }
      enter(state, Phase.TARGET);
    }
    tellScaling(state);
    if (state.phase == Phase.TARGET) {
      List<NpyInPlace> outs = new ArrayList<>();
      try {
        for (int s = 0; s < plan.request().selections().size(); s++) {
          outs.add(MegCondenser.open(part(s), plan, state.next > 0));
        }
        condenser.targets(outs);
      } finally {
        outs.forEach(NpyInPlace::close);
      }
      requireCourses(state);
      enter(state, Phase.PUBLISH);
    }
    publish(state);
    isDone = true;
  }

  /** Asserts that every target has time courses, before any of them appears. */
  private void requireCourses(CondenseState state) {
    try {
      plan.request().selections().forEach(selection -> courses(selection, state));
    } catch (InputException e) {
      isDone = true; // as of a bad source, nothing is left
      throw new InputException(plan.array().file() + ": " + e.getMessage(), e);
    }
  }

  private static void enter(CondenseState state, Phase phase) {
    state.phase = phase;
    state.next = 0;
    state.save();
  }

  private void tellScaling(CondenseState state) {
    progress.message(
        "scaling: "
            + (MegCondenser.isScaled(state)
                ? "(x - %s) / (%s - %s), the range over all participants, times and conditions"
                    .formatted(state.min, state.max, state.min)
                : "none, the range is 0..1 already"));
    progress.message(
        state.zeroed == 0
            ? "NaN off the diagonal: none"
            : "NaN off the diagonal: %d pairs taken as 0".formatted(state.zeroed));
  }

  private Path part(int selection) {
    return work.resolve("target-" + selection + ".npy");
  }

  private void publish(CondenseState state) {
    List<MegSelection> selections = plan.request().selections();
    for (int s = 0; s < selections.size(); s++) {
      MegSelection selection = selections.get(s);
      try {
        if (exists(part(s))) {
          Files.move(part(s), selection.out(), StandardCopyOption.ATOMIC_MOVE);
        }
      } catch (IOException e) {
        throw new InputException(
            "cannot write %s: %s".formatted(selection.out(), e.getMessage()), e);
      }
      if (!exists(json(selection))) {
        String sha256 = checksum("checksum of " + selection.out(), selection.out());
        AtomicFile.writeText(json(selection), header(selection, state, sha256));
      }
    }
  }

  private String header(MegSelection selection, CondenseState state, String sha256) {
    TimeCourses courses = courses(selection, state);
    return new MegTargetHeader(
            MegTargetHeader.FORMAT,
            MegTargetHeader.VERSION,
            plan.array().conditions(),
            plan.request().names(),
            MegTargetHeader.Times.of(plan.axis()),
            selection.participants(),
            selection.curveParticipants(),
            plan.array().participants(),
            new MegTargetHeader.Scaling(MegCondenser.isScaled(state), state.min, state.max),
            state.zeroed,
            plan.groups().factor(),
            courses.alpha(),
            courses.beta(),
            courses.nu(),
            plan.request().noiseScale(),
            source(state.sha256),
            sha256)
        .toJson();
  }

  private TimeCourses courses(MegSelection selection, CondenseState state) {
    return TimeCourses.of(
        rows(state.richness, selection),
        rows(state.generalization, selection),
        plan.axis(),
        plan.request().noiseScale());
  }

  private static double[][] rows(double[][] all, MegSelection selection) {
    return selection.curveParticipants().stream().map(p -> all[p - 1]).toArray(double[][]::new);
  }

  private MegTargetHeader.Source source(String sha256) {
    Path file = plan.array().file();
    try {
      return new MegTargetHeader.Source(
          file.toString(),
          plan.array().dataset(),
          plan.array().shape().dims(),
          Files.size(file),
          sha256);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
  }

  private String checksum(String what, Path file) {
    try (Progress.Task task = progress.start(what, "bytes", Files.size(file))) {
      return Sha256.of(file, task::advance);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
  }

  /** Asserts that the targets that are there are those that would be written. */
  private void confirm() {
    MegTargetHeader.Source source = source(checksum("checksum of the source", plan.array().file()));
    for (MegSelection selection : plan.request().selections()) {
      try (MegTarget target = MegTarget.open(selection.out())) {
        MegTargetHeader found = target.header();
        boolean same =
            found.source().sha256().equals(source.sha256())
                && found.source().dataset().equals(source.dataset())
                && found.names().equals(plan.request().names())
                && found.time().axis().equals(plan.axis())
                && found.averagedSamples() == plan.groups().factor()
                && found.participants().equals(selection.participants())
                && found.curveParticipants().equals(selection.curveParticipants())
                && found.noiseScale() == plan.request().noiseScale();
        if (!same) {
          throw new InputException(
              "%s: exists already, from another file or with other options; name another, or remove it"
                  .formatted(selection.out()));
        }
        target.verify();
        progress.message(selection.out() + ": is there already, and whole");
      }
    }
  }

  /** Asserts that nothing is there that would be overwritten. */
  private void requireFree() {
    for (MegSelection selection : plan.request().selections()) {
      for (Path file : List.of(selection.out(), json(selection))) {
        if (exists(file)) {
          throw new InputException(file + ": exists already; name another, or remove it");
        }
      }
    }
  }

  private void requireRoom() {
    try {
      long free = Files.getFileStore(work.toAbsolutePath().getParent()).getUsableSpace();
      long needed = plan.outputBytes() + 16L * plan.array().participants() * plan.pairs();
      if (free < needed) {
        throw new InputException(
            "%s: needs %s, the disk has %s free"
                .formatted(
                    work.toAbsolutePath().getParent(),
                    CondensePlan.bytes(needed),
                    CondensePlan.bytes(free)));
      }
    } catch (IOException e) {
      throw InputException.unreadable(work.toAbsolutePath().getParent(), e);
    }
  }

  private static Path json(MegSelection selection) {
    return MegTargetHeader.beside(selection.out());
  }

  private static boolean exists(Path file) {
    return Files.exists(file);
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
