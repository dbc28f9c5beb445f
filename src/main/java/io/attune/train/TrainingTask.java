package io.attune.train;

import io.attune.Progress;
import io.attune.device.PhiloxKey;
import io.attune.tensor.Tensor;
import java.util.List;
import java.util.function.BooleanSupplier;

/** What a {@link Trainer} trains: a model with its data. A step allocates nothing. */
public interface TrainingTask {
  /** Training examples. */
  int examples();

  /** Examples of a step; the last step of an epoch takes what is left. */
  int batchSize();

  /** What is counted, such as {@code images}. */
  default String unit() {
    return "images";
  }

  /**
   * Computes what is constant, once, before anything else is asked for.
   *
   * @return false if asked to stop before its end
   */
  default boolean prepare(Progress progress, BooleanSupplier stop) {
    return true;
  }

  /** Orders the examples of an epoch, from 1. */
  PhiloxKey shuffleKey(int epoch);

  /** Learning rate of a step, from 1. */
  double learningRate(long step);

  /** Clears the gradients, then computes loss and gradients of examples {@code order[from..]}. */
  void forwardBackward(int[] order, int from, int count);

  /** Loss of the latest {@link #forwardBackward}; waits for the device. */
  double loss();

  /** Nanoseconds that steps and scores have waited for images so far. */
  default long waitedNanoseconds() {
    return 0;
  }

  /** To be called after each step's update, for what must hold of the parameters. */
  default void afterStep() {}

  /**
   * Scores the model that training starts from, before anything is added to it; null where that is
   * the untrained model itself.
   */
  default Evaluation evaluateBase() {
    return null;
  }

  /** Scores the model as it is. */
  Evaluation evaluate();

  /**
   * The tensors of the latest forward pass in the order in which they are computed, to find where a
   * NaN comes from; asked once, when the run ends by it.
   */
  List<Tensor> inspected();
}
