package io.attune.hba;

import io.attune.device.PhiloxKey;

/** The streams of random numbers of the method, one a purpose, so that no two share draws. */
public enum RandomStream {
  /** First values of adapters; the step numbers the tensor. */
  ADAPTER(0x48424101),
  /** Order of the training images; the step is the epoch. */
  SHUFFLE(0x48424103),
  /** Order of the image-text pairs in pre-training; the step is the epoch. */
  PAIRS(0x48424104),
  /** Noise of a MEG model's training steps; the step counts all batches of the run. */
  MEG_NOISE(0x48424105),
  /** Floor of a MEG model's outputs in training. */
  MEG_FLOOR(0x48424106),
  /** Noise of a MEG model's evaluation; the step counts epochs times batches. */
  MEG_EVALUATION_NOISE(0x48424107),
  /** Floor of a MEG model's outputs in evaluation. */
  MEG_EVALUATION_FLOOR(0x48424108),
  /** Noise of a MEG model's outputs on request; the step is the time in microseconds. */
  MEG_REQUESTED_NOISE(0x48424109);

  private final int stream;

  RandomStream(int stream) {
    this.stream = stream;
  }

  public PhiloxKey key(long seed, int step) {
    return new PhiloxKey(seed, stream, step);
  }
}
