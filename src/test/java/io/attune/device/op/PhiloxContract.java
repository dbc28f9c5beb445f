package io.attune.device.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.device.Philox;
import io.attune.device.PhiloxKey;
import io.attune.tensor.Tensor;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Draws of a tensor are those of the host: uniforms bit for bit, normals to rounding. */
class PhiloxContract {
  @TestFactory
  Stream<DynamicTest> drawsOfTheHost() {
    return Trials.of(
        "philox",
        16,
        trial -> {
          PhiloxKey key = key(trial);
          long first = trial.pick("block", 0L, 1L << 33, (1L << 34) - 8) + trial.size("+", 0, 9);
          int size = trial.pick("size", 1, 2, 3, 5, 100, 16384, 40001);
          Tensor target = trial.output("target", size);
          PhiloxOps philox = trial.device().philox();
          philox.uniform(key, first, 0, 1, target);
          float[] expected = new float[size];
          double[] normals = new double[size];
          for (int i = 0; i < size; i++) {
            expected[i] = Philox.toUniform(Philox.bits(key, first + i));
            normals[i] = 0.5 + 2 * Philox.normal(key, first + i);
          }
          assertArrayEquals(expected, trial.device().toArray(target));
          philox.uniform(key, first, -3, 5, target);
          for (int i = 0; i < size; i++) {
            expected[i] = -3 + 8f * expected[i];
          }
          assertArrayEquals(expected, trial.device().toArray(target));
          philox.normal(key, first, 0.5f, 2, target);
          trial.assertClose(target, normals, 2e-7, 2e-7);
        });
  }

  /** Random123's known answers, seen through the 24 bits of a uniform. */
  @TestFactory
  Stream<DynamicTest> knownAnswers() {
    return Trials.of(
        "philox known answers",
        1,
        trial -> {
          Tensor target = trial.output("target", 4);
          trial.device().philox().uniform(new PhiloxKey(0, 0, 0), 0, 0, 1, target);
          int[] words = {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8};
          float[] expected = new float[4];
          for (int i = 0; i < 4; i++) {
            expected[i] = (words[i] >>> 8) / (float) (1 << 24);
          }
          assertArrayEquals(expected, trial.device().toArray(target));
        });
  }

  @TestFactory
  Stream<DynamicTest> uniformsFillTheirRange() {
    return Trials.of(
        "uniform moments",
        2,
        trial -> {
          int size = 100_000;
          Tensor target = trial.output("target", size);
          trial.device().philox().uniform(key(trial), 0, 0, 1, target);
          int[] bins = new int[64];
          double sum = 0;
          double squares = 0;
          for (float value : trial.device().toArray(target)) {
            assertTrue(value >= 0 && value < 1, "uniform of " + value);
            bins[(int) (value * 64)]++;
            sum += value;
            squares += (double) value * value;
          }
          double chiSquare = 0;
          for (int count : bins) {
            chiSquare += Math.pow(count - size / 64.0, 2) / (size / 64.0);
          }
          // 63 degrees of freedom: mean 63, deviation 11; five deviations are allowed.
          assertTrue(chiSquare < 63 + 5 * Math.sqrt(2 * 63), "chi square " + chiSquare);
          assertEquals(0.5, sum / size, 5 * Math.sqrt(1 / 12.0 / size));
          assertEquals(1 / 3.0, squares / size, 5 * Math.sqrt(4 / 45.0 / size));
        });
  }

  @TestFactory
  Stream<DynamicTest> normalsHaveTheirMoments() {
    return Trials.of(
        "normal moments",
        2,
        trial -> {
          int size = 100_000;
          Tensor target = trial.output("target", size);
          trial.device().philox().normal(key(trial), 0, 0, 1, target);
          double[] moments = new double[5];
          double neighbours = 0;
          double last = 0;
          for (float value : trial.device().toArray(target)) {
            for (int power = 1; power <= 4; power++) {
              moments[power] += Math.pow(value, power) / size;
            }
            neighbours += value * last / size;
            last = value;
          }
          // Five deviations of each mean: Var(x^k) is 1, 2, 15, 96; of a product 1.
          double five = 5 / Math.sqrt(size);
          assertEquals(0, moments[1], five);
          assertEquals(1, moments[2], five * Math.sqrt(2));
          assertEquals(0, moments[3], five * Math.sqrt(15));
          assertEquals(3, moments[4], five * Math.sqrt(96));
          assertEquals(0, neighbours, five);
        });
  }

  @TestFactory
  Stream<DynamicTest> threads() {
    return Trials.of(
        "philox on any number of threads",
        1,
        trial ->
            Threads.assertSameBits(
                trial,
                device -> {
                  Tensor uniforms = Threads.input(device, 1, 100, 997);
                  Tensor normals = Threads.input(device, 2, 100, 997);
                  PhiloxKey key = new PhiloxKey(5, 6, 7);
                  device.philox().uniform(key, 3, -1, 1, uniforms);
                  device.philox().normal(key, 3, 0, 1, normals);
                  return new Tensor[] {uniforms, normals};
                }));
  }

  private static PhiloxKey key(Trial trial) {
    long seed = trial.pick("seed", 0L, -1L, 0x0123456789abcdefL, 42L);
    return new PhiloxKey(seed, trial.size("stream", 0, 5), trial.size("step", 0, 1000));
  }
}
