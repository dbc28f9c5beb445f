package io.attune.device;

/**
 * Names a stream of random numbers.
 *
 * @param seed the user's seed
 * @param stream what it is for: one constant a purpose, so that purposes never share draws
 * @param step counts uses of the stream (an epoch, a training step)
 */
public record PhiloxKey(long seed, int stream, int step) {}
