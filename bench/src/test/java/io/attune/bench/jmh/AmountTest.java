package io.attune.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** What operations need, reckoned by hand. */
class AmountTest {
  private static final double MACS = 2;

  private record Needs(String question, String key, double flops, double bytes) {}

  private static Needs flops(String question, String key, double flops) {
    return new Needs(question, key, flops, 0);
  }

  private static Needs bytes(String question, String key, double bytes) {
    return new Needs(question, key, 0, bytes);
  }

  @TestFactory
  Stream<DynamicTest> amountsAreThoseOfTheWork() {
    return Stream.of(
            flops("gemm", "gemm forward / vit-l-14 fc1 514x1024x4096", MACS * 514 * 1024 * 4096),
            flops("gemm", "gemm dW / vit-b-32 projection 16x768x512", MACS * 16 * 768 * 512),
            // Scores, and their product with the values.
            flops(
                "attention",
                "attention forward / vit-l-14 2x16x257x64",
                2 * MACS * 2 * 16 * 257 * 257 * 64),
            // A token sees itself and those before it: 1 + 2 + ... + 77.
            flops(
                "attention", "attention forward / text 16x8x77x64", 2 * MACS * 16 * 8 * 3003 * 64),
            // Scores again, and the gradients of scores, queries, keys and values.
            flops(
                "attention", "attention backward / text 16x8x77x64", 5 * MACS * 16 * 8 * 3003 * 64),
            bytes("layernorm", "layernorm backward / vit-l-14 514x1024", 4 * 3 * 514 * 1024),
            bytes("activation", "gelu forward / vit-b-32 800x3072", 4 * 2 * 800 * 3072),
            bytes("softmax", "softmax backward / vit-b-32 9600x50", 4 * 3 * 9600 * 50),
            // Parameter, two moments and gradient in; all but the gradient out.
            bytes("adamw", "adamw step / vit-l block 12582912", 4 * 7 * 12582912.0),
            flops(
                "rsa",
                "rdm correlation / 1854x66 at 281 times",
                MACS * 281 * 66 * (1854 * 1853 / 2)))
        .map(
            needs ->
                DynamicTest.dynamicTest(
                    needs.key,
                    () -> {
                      Amount amount = Questions.contest(needs.question, needs.key).amount();
                      assertEquals(needs.flops, amount.flops());
                      assertEquals(needs.bytes, amount.bytes());
                    }));
  }

  /** Published: 4.4 and 81 thousand million multiply-adds an image. */
  @Test
  void towersNeedWhatIsPublished() {
    Amount small = Questions.contest("model", "model forward / vit-b-32 batch 16").amount();
    assertEquals(4.4e9, small.flops() / MACS / 16, 0.05e9);
    Amount large = Questions.contest("model", "model forward / vit-l-14 batch 2").amount();
    assertEquals(81e9, large.flops() / MACS / 2, 0.5e9);
    Amount step = Questions.contest("model", "model training step / vit-l-14 batch 2").amount();
    assertEquals(3 * large.flops(), step.flops());
  }
}
