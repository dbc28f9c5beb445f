package io.attune.train;

import io.attune.InputException;
import java.io.Serial;

/** A loss became NaN or infinite. The run has stopped and its last good checkpoint stands. */
public final class NonFiniteLossException extends InputException {
  @Serial private static final long serialVersionUID = 1L;

  private final String tensor;

  /**
   * A run that broke.
   *
   * @param where such as {@code epoch 3, step 51: the training loss}
   * @param loss the value found
   * @param tensor name of the first tensor that holds a NaN or an infinity
   * @param checkpoint the state to go back to
   */
  public NonFiniteLossException(String where, double loss, String tensor, String checkpoint) {
    super(
        "%s is %s; the first tensor with a NaN or an infinity is %s - the run has stopped, %s is"
                .formatted(where, loss, tensor, checkpoint)
            + " kept; try a lower learning rate or check the images and targets");
    this.tensor = tensor;
  }

  /** Name of the first tensor that went bad. */
  public String tensor() {
    return tensor;
  }
}
