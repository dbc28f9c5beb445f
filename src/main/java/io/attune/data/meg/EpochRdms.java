package io.attune.data.meg;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.attune.InputException;
import io.attune.Progress;
import io.attune.format.AtomicFile;
import io.attune.format.JsonFault;
import io.attune.format.NpyInPlace;
import io.attune.rsa.TrialRdm;
import io.attune.tensor.DType;
import io.attune.tensor.Shape;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.IntStream;

/**
 * Computes an RDM for each sample of epochs. Work under way lies in {@code OUT.part/}; the same
 * request after a kill goes on there and ends with the same bits. The result appears whole or not
 * at all.
 */
public final class EpochRdms {
  private static final Duration SAVE_EVERY = Duration.ofSeconds(5);
  private static final String STATE = "state.json";
  private static final String RDMS = "rdms.npy";

  private final EpochPlan plan;
  private final Duration saveEvery;
  private final Progress progress;

  /** What {@value #STATE} holds: the request, and how many samples are done. */
  private record State(String request, int done) {}

  private EpochRdms(EpochPlan plan, Duration saveEvery, Progress progress) {
    this.plan = plan;
    this.saveEvery = saveEvery;
    this.progress = progress;
  }

  /**
   * Writes the RDMs [samples, n, n] with a diagonal of 0, the conditions' names in {@code
   * OUT.names.txt} and what was computed in {@code OUT.json}.
   *
   * @throws InputException if the epochs, their labels or the place to write to are no good
   */
  public static void write(EpochRequest request, Progress progress) {
    write(request, SAVE_EVERY, progress);
  }

  static void write(EpochRequest request, Duration saveEvery, Progress progress) {
    try (Epochs epochs = Epochs.open(request.file(), request.dataset())) {
      EpochPlan plan = EpochPlan.of(request, epochs);
      plan.lines().forEach(progress::message);
      new EpochRdms(plan, saveEvery, progress).write();
    }
  }

  private void write() {
    Path work = plan.work();
    if (!Files.isDirectory(work)) {
      for (Path file : plan.files()) {
        if (Files.exists(file)) {
          throw new InputException(file + ": exists already; name another, or remove it");
        }
        AtomicFile.requireWritable(file);
      }
      plan.requireRoom();
    }
    try (WorkFolder folder = WorkFolder.open(work)) {
      String request = plan.fingerprint();
      int done = done(folder, request);
      int samples = plan.epochs().samples();
      if (done > 0) {
        progress.message("going on with %s at sample %d".formatted(work, done));
      }
      if (done < samples) {
        try {
          compute(folder, request, done);
        } catch (InputException e) {
          if (!Files.exists(folder.resolve(STATE))) {
            folder.done(); // bad epochs leave nothing worth going on with
          }
          throw e;
        }
      }
      new EpochOutput(plan, progress).write(folder.resolve(RDMS));
      folder.done();
    }
  }

  private int done(WorkFolder folder, String request) {
    Path file = folder.resolve(STATE);
    if (!Files.exists(file)) {
      return 0;
    }
    try {
      State state = new ObjectMapper().readValue(Files.readString(file), State.class);
      if (!state.request().equals(request)) {
        throw new InputException(
            "%s: was begun from other files or with other options; remove it to begin again"
                .formatted(plan.work()));
      }
      return state.done();
    } catch (JsonProcessingException e) {
      throw new InputException(
          "%s: damaged (%s); remove %s to begin again"
              .formatted(file, JsonFault.of(e), plan.work()),
          e);
    } catch (IOException e) {
      throw InputException.unreadable(file, e);
    }
  }

  private void compute(WorkFolder folder, String request, int begun) {
    int samples = plan.epochs().samples();
    Shape shape = Shape.of(samples, plan.pairs());
    Path file = folder.resolve(RDMS);
    try (NpyInPlace rdms =
            begun > 0
                ? NpyInPlace.reopen(file, DType.F64, shape)
                : NpyInPlace.create(file, DType.F64, shape);
        Progress.Task task =
            progress.start(plan.request().measure().toString(), "samples", samples)) {
      task.advance(begun);
      long start = System.nanoTime();
      long saved = start;
      int done = begun;
      while (done < samples) {
        int to = Math.min(samples, done + plan.atOnce());
        double[][] trials = read(done, to);
        for (int first = done; done < to; done++) {
          rdms.write((long) done * plan.pairs(), rdm(done, trials[done - first]));
          trials[done - first] = null;
          task.advance(1);
          if (System.nanoTime() - saved >= saveEvery.toNanos() || done + 1 == samples) {
            rdms.force();
            save(folder, request, done + 1);
            saved = System.nanoTime();
          }
          if (done == begun + 1) {
            tell((System.nanoTime() - start) / 1e9 / 2 * (samples - done - 1));
          }
        }
      }
    }
  }

  private void tell(double seconds) {
    if (seconds > 10) {
      progress.message("about %s to go".formatted(EpochPlan.duration(seconds)));
    }
  }

  private void save(WorkFolder folder, String request, int done) {
    try {
      AtomicFile.writeBytes(
          folder.resolve(STATE), new ObjectMapper().writeValueAsBytes(new State(request, done)));
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private double[] rdm(int sample, double[] trials) {
    TrialRdm rdm = new TrialRdm(plan.order().trials(), plan.epochs().channels(), trials);
    try {
      return plan.request().measure().of(rdm, plan.request().shrinkage());
    } catch (InputException e) {
      throw new InputException(
          "%s: sample %d (from 0): %s".formatted(plan.epochs().file(), sample, e.getMessage()), e);
    }
  }

  /** Samples {@code from} to before {@code to}: [samples][trials, channels], sorted. */
  private double[][] read(int from, int to) {
    Epochs epochs = plan.epochs();
    int channels = epochs.channels();
    int count = to - from;
    double[][] samples = new double[count][plan.order().trials().count() * channels];
    int band = epochs.band();
    IntStream.range(0, (epochs.trials() + band - 1) / band)
        .parallel()
        .forEach(
            b -> {
              int first = b * band;
              int trials = Math.min(band, epochs.trials() - first);
              double[] values = epochs.read(first, trials, from, count);
              for (int t = 0; t < trials; t++) {
                int place = plan.order().places()[first + t];
                for (int c = 0; place >= 0 && c < channels; c++) {
                  for (int s = 0; s < count; s++) {
                    samples[s][place * channels + c] = values[(t * channels + c) * count + s];
                  }
                }
              }
            });
    return samples;
  }
}
