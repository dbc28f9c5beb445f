package io.attune.train;

import io.attune.Progress;
import io.attune.clip.ClipModel;
import io.attune.device.Device;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;

/**
 * Participants' runs, one or more at once. Each has a model of its own on a device that serves it
 * alone, and a folder of its own, so that its results do not depend on what runs beside it;
 * features before training are computed once.
 */
public final class ParticipantRuns {
  private final List<Device> devices;
  private final long bytesEach;
  private final Progress progress;

  /** A participant's run. */
  public record One(int participant, MegRun run) {
    private String name() {
      return "participant " + participant;
    }
  }

  /** Takes how a participant's run ended. */
  public interface Ended {
    /** Called in the participants' order, once all before are done. */
    void accept(int participant, MegRun.Outcome outcome);
  }

  /**
   * Prepares runs.
   *
   * @param devices as many as runs at once
   * @param bytesEach memory for each, the model's weights included
   */
  public ParticipantRuns(List<Device> devices, long bytesEach, Progress progress) {
    this.devices = List.copyOf(devices);
    this.bytesEach = bytesEach;
    this.progress = progress;
  }

  /**
   * Asserts that all can begin, so that no bad target or folder shows when others have trained.
   *
   * @param base the runs' model
   * @throws io.attune.InputException if one cannot
   */
  public static void require(List<One> runs, ClipModel base) {
    runs.forEach(one -> one.run().require(base));
  }

  /**
   * Trains all. If one fails, the others save and end after their step, and its failure is thrown.
   *
   * @param stop asked after each step of each run; true saves all and returns
   * @return whether all were trained to their ends
   */
  public boolean train(List<One> runs, BooleanSupplier stop, Ended ended) {
    AtomicBoolean failed = new AtomicBoolean();
    BooleanSupplier ending = () -> failed.get() || stop.getAsBoolean();
    SharedFeatures shared = new SharedFeatures();
    LinkedBlockingQueue<Device> idle = new LinkedBlockingQueue<>(devices);
    List<Future<MegRun.Outcome>> outcomes = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(devices.size())) {
      for (One one : runs) {
        outcomes.add(
            threads.submit(
                () -> {
                  if (ending.getAsBoolean()) {
                    return null;
                  }
                  // There are as many devices as threads, so that one is idle.
                  Device device = idle.take();
                  try {
                    return train(one, device, shared, ending);
                  } catch (RuntimeException | Error e) {
                    failed.set(true);
                    throw e;
                  } finally {
                    idle.add(device);
                  }
                }));
      }
      return report(runs, outcomes, failed, ended);
    }
  }

  private MegRun.Outcome train(
      One one, Device device, SharedFeatures shared, BooleanSupplier ending) {
    Progress own = new NamedProgress(progress, one.name());
    try (ClipModel base = ClipModel.open(one.run().model(), device)) {
      long weights = ClipModel.weightBytes(base.config(), device.precision());
      return one.run().train(base, own, ending, new MegShare(bytesEach - weights, shared));
    }
  }

  private boolean report(
      List<One> runs, List<Future<MegRun.Outcome>> outcomes, AtomicBoolean failed, Ended ended) {
    boolean whole = true;
    Throwable failure = null;
    for (int n = 0; n < runs.size(); n++) {
      One one = runs.get(n);
      try {
        MegRun.Outcome outcome = outcomes.get(n).get();
        if (outcome == null || outcome.training().interrupted()) {
          whole = false;
        } else {
          ended.accept(one.participant(), outcome);
        }
      } catch (ExecutionException e) {
        progress.message(one.name() + ": failed");
        failure = failure == null ? e.getCause() : failure;
      } catch (InterruptedException e) {
        failed.set(true);
        Thread.currentThread().interrupt();
        return false;
      }
    }
    switch (failure) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(failure);
    }
    return whole;
  }
}
