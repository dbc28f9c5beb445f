package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.attune.device.op.ContractRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Whether the contracts would notice a wrong kernel: each mutant is one family with one mistake of
 * the kind that is easily made, and its contract must fail, or the scheduler refuse it.
 */
class KernelMutantsTest {
  private static final String UNTOUCHED = "none";

  /**
   * A mistake.
   *
   * @param family the kernels/FAMILY.cu that is built with it
   * @param file of kernels/, the family's own or a header of its
   * @param before text that occurs once there, and {@code after} what stands in its place
   */
  private record Mutant(
      String name, String contract, String family, String file, String before, String after) {}

  private static final List<Mutant> MUTANTS =
      List.of(
          new Mutant(
              "no-barrier-after-partial-sums",
              "NormalizeContract",
              "normalize",
              "common/reduce.cuh",
              "block_barrier();\n  return warp_sum(",
              "return warp_sum("),
          new Mutant(
              "no-barrier-before-partial-sums",
              "NormalizeContract",
              "normalize",
              "common/reduce.cuh",
              "values[n] = warp_sum(values[n]);\n  }\n  block_barrier();",
              "values[n] = warp_sum(values[n]);\n  }\n"),
          new Mutant(
              "half-the-lanes-summed",
              "LayerNormContract",
              "layernorm",
              "common/reduce.cuh",
              "warp_sum(T value) {\n  for (int mask = WARP / 2;",
              "warp_sum(T value) {\n  for (int mask = WARP / 4;"),
          new Mutant(
              "sums-of-two-turns-in-one-place",
              "LayerNormContract",
              "layernorm_backward",
              "layernorm_backward.cu",
              "turn = 1 - turn;",
              ""),
          new Mutant(
              "parts-of-the-last-block-left-out",
              "LayerNormContract",
              "layernorm_backward",
              "layernorm_backward.cu",
              "part < parts;",
              "part < parts - 1;"),
          new Mutant(
              "packets-of-neighbouring-blocks",
              "ActivationContract",
              "activation",
              "activation.cu",
              "blockDim.x * PACKETS + threadIdx.x",
              "blockDim.x + threadIdx.x"),
          new Mutant(
              "column-sums-read-before-written",
              "LayerNormContract",
              "layernorm_backward",
              "layernorm_backward.cu",
              "sums[threadIdx.x] = sum;\n  block_barrier();",
              "sums[threadIdx.x] = sum;"),
          new Mutant(
              "sum-of-a-warp-too-many",
              "ReduceContract",
              "reduce",
              "common/reduce.cuh",
              "lane() < warps() ? partial[lane()] : T(0)",
              "lane() <= warps() ? partial[lane()] : T(0)"),
          new Mutant(
              "causal-mask-off-by-one",
              "AttentionContract",
              "attention",
              "attention.cu",
              "key > own_query + i)",
              "key > own_query + i + 1)"),
          new Mutant(
              "tiles-overwritten-while-read",
              "AttentionContract",
              "attention",
              "attention.cu",
              "block_barrier();  // the tiles' last readers are done",
              ""),
          new Mutant(
              "copies-not-waited-for",
              "AttentionBf16Contract",
              "attention_bf16",
              "attention_bf16.cu",
              "copy_async_wait<0>();\n    block_barrier();\n    if (first == 0) {",
              "copy_async_wait<1>();\n    block_barrier();\n    if (first == 0) {"),
          new Mutant(
              "copies-of-other-threads-not-waited-for",
              "AttentionBf16Contract",
              "attention_bf16",
              "attention_bf16.cu",
              "copy_async_wait<0>();\n    block_barrier();\n    if (first == 0) {",
              "copy_async_wait<0>();\n    if (first == 0) {"),
          new Mutant(
              "mask-of-a-fragment-off-by-one",
              "AttentionBf16Contract",
              "attention_bf16",
              "attention_bf16.cu",
              "!(causal && at_key > at_query)",
              "!(causal && at_key > at_query + 1)"),
          new Mutant(
              "tiles-replaced-while-read",
              "AttentionBf16Contract",
              "attention_bf16",
              "attention_bf16.cu",
              "block_barrier();  // all tiles are read: their memory now takes the output",
              ""),
          new Mutant(
              "fragment-of-the-wrong-columns",
              "AttentionBf16Contract",
              "attention_bf16",
              "common/attention_mma.cuh",
              "STRIDE<WIDTH> + lane() / 8 % 2 * 8;",
              "STRIDE<WIDTH> + lane() / 16 * 8;"),
          new Mutant(
              "output-read-before-written",
              "AttentionBf16Contract",
              "attention_bf16",
              "common/attention_mma.cuh",
              "warp_barrier();\n  constexpr int PIECES",
              "constexpr int PIECES"),
          new Mutant(
              "gradient-of-a-masked-score",
              "AttentionBf16Contract",
              "attention_bf16_dq",
              "attention_bf16_dq.cu",
              "!(causal && at_key > at_query)",
              "!(causal && at_key >= at_query)"),
          new Mutant(
              "statistics-of-other-queries",
              "AttentionBf16Contract",
              "attention_bf16_dkdv",
              "attention_bf16_dkdv.cu",
              "store_statistics(statistics + (1 - pair) * 2 * PASSING, ahead);",
              "store_statistics(statistics + pair * 2 * PASSING, ahead);"),
          new Mutant(
              "bias-of-the-first-column",
              "GemmContract",
              "gemm",
              "gemm.cu",
              "v[n] += bias[n];",
              "v[n] += bias[0];"),
          new Mutant(
              "factor-read-before-written",
              "DoraContract",
              "dora",
              "dora.cu",
              "block_barrier();\n  float scale = factor[0];",
              "float scale = factor[0];"),
          new Mutant(
              "tile-of-logits-transposed",
              "ContrastiveContract",
              "contrastive",
              "contrastive.cu",
              "long long place = static_cast<long long>(blockIdx.x) * n + first_row + r;",
              "long long place = static_cast<long long>(blockIdx.y) * n + first_row + r;"),
          new Mutant(
              "sorting-steps-not-apart",
              "EmbeddingContract",
              "scatter",
              "scatter.cu",
              "      }\n      block_barrier();\n    }\n",
              "      }\n    }\n"),
          new Mutant(
              "run-without-its-beginning",
              "EmbeddingContract",
              "scatter",
              "scatter.cu",
              "sums[i] + tail[i]",
              "sums[i]"),
          new Mutant(
              "tie-given-to-the-last-entry",
              "ReweightingContract",
              "reweighting",
              "reweighting.cu",
              "(other == value && at < index)",
              "(other == value && at > index)"),
          new Mutant(
              "draw-of-the-pair's-other-half",
              "ReweightingContract",
              "injection",
              "injection.cu",
              "(i & 1) != 0 ? odd : even",
              "(i & 1) != 0 ? even : odd"),
          new Mutant(
              "tiles-of-unit-rows-overwritten-while-read",
              "RdmContract",
              "rdm",
              "rdm.cu",
              "block_barrier();  // the tiles' last readers are done",
              ""),
          new Mutant(
              "error-counted-once",
              "RdmContract",
              "rdm_loss",
              "rdm_loss.cu",
              "weights[1] * 2.0",
              "weights[1] * 1.0"));

  private static Map<String, Optional<String>> verdicts;

  @BeforeAll
  static void run() throws Exception {
    KernelVariants.requireHostKernels();
    boolean emulated = ContractRun.includesEmulated();
    if (!emulated) {
      System.out.println("skipped: mutants, since the emulated device is not to be tested");
    }
    assumeTrue(emulated, "the emulated device is not to be tested");
    Map<String, Map<String, String>> files = new LinkedHashMap<>();
    Map<String, String> untouched = new HashMap<>();
    for (Mutant mutant : MUTANTS) {
      files.put(mutant.name(), mutated(mutant));
      String family = mutant.family() + ".cu";
      untouched.put(family, KernelVariants.source(family));
    }
    files.put(UNTOUCHED, untouched);
    KernelVariants variants = new KernelVariants("mutants", files);
    List<MutantRun.Case> cases = new ArrayList<>();
    for (Mutant mutant : MUTANTS) {
      Path library = variants.library(mutant.name());
      cases.add(new MutantRun.Case(mutant.name(), library, mutant.contract()));
    }
    List<MutantRun.Case> controls = new ArrayList<>();
    for (String contract : contracts()) {
      controls.add(new MutantRun.Case(contract, variants.library(UNTOUCHED), contract));
    }
    verdicts = MutantRun.run(cases);
    // In another process, where no mutant has left its mark.
    verdicts.putAll(MutantRun.run(controls));
  }

  private static Map<String, String> mutated(Mutant mutant) throws IOException {
    String family = mutant.family() + ".cu";
    Map<String, String> files = new HashMap<>();
    files.put(family, KernelVariants.source(family));
    String source = KernelVariants.source(mutant.file());
    int removed = source.length() - source.replace(mutant.before(), "").length();
    assertEquals(
        mutant.before().length(),
        removed,
        () ->
            "the text of mutant %s must occur once in kernels/%s; adapt the mutant"
                .formatted(mutant.name(), mutant.file()));
    files.put(mutant.file(), source.replace(mutant.before(), mutant.after()));
    return files;
  }

  private static List<String> contracts() {
    return MUTANTS.stream().map(Mutant::contract).distinct().toList();
  }

  @TestFactory
  Stream<DynamicTest> mutantsAreCaught() {
    return MUTANTS.stream()
        .map(
            mutant ->
                dynamicTest(
                    mutant.name(),
                    () -> {
                      Optional<String> failure = verdicts.get(mutant.name());
                      assertTrue(failure.isPresent(), mutant.contract() + " holds nevertheless");
                      System.out.println(mutant.name() + ": " + failure.get());
                    }));
  }

  @TestFactory
  Stream<DynamicTest> withoutMutationTheContractsHold() {
    return contracts().stream()
        .map(
            contract ->
                dynamicTest(
                    contract, () -> assertEquals(Optional.empty(), verdicts.get(contract))));
  }
}
