package io.attune.device.cuda;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Registers and spills of each kernel, as nvcc compiled it, against register-budgets.txt. */
class KernelBudgetTest {
  private static final int ALL_REGISTERS = 255;

  @Test
  void noKernelSpillsOrKeepsAStack() throws IOException {
    List<KernelReport.Use> bad =
        KernelReport.uses().stream()
            .filter(use -> use.spillBytes() > 0 || use.stackBytes() > 0)
            .toList();
    assertEquals(List.of(), bad, "a hot loop waits for local memory");
  }

  @Test
  void everyKernelKeepsToItsBudget() throws IOException {
    TreeMap<String, Integer> budgets = budgets();
    TreeSet<String> needed = new TreeSet<>();
    TreeSet<String> over = new TreeSet<>();
    for (KernelReport.Use use : KernelReport.uses()) {
      String rule = rule(budgets, use.kernel());
      int budget = rule == null ? ALL_REGISTERS : budgets.get(rule);
      if (rule != null) {
        needed.add(rule);
      }
      if (use.registers() > budget) {
        over.add("%s takes %d of %d".formatted(use.kernel(), use.registers(), budget));
      }
    }
    assertTrue(over.isEmpty(), () -> "registers: " + String.join(", ", over));
    assertEquals(budgets.keySet(), needed, "budgets that no kernel has a use for");
  }

  private static String rule(TreeMap<String, Integer> budgets, String kernel) {
    return budgets.keySet().stream()
        .filter(kernel::startsWith)
        .max((a, b) -> Integer.compare(a.length(), b.length()))
        .orElse(null);
  }

  private static TreeMap<String, Integer> budgets() throws IOException {
    try (var in = KernelBudgetTest.class.getResourceAsStream("register-budgets.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8)
          .lines()
          .filter(line -> !line.isBlank() && !line.startsWith("#"))
          .map(line -> line.split("\\s+"))
          .collect(
              Collectors.toMap(
                  words -> words[0],
                  words -> Integer.valueOf(words[1]),
                  (a, b) -> b,
                  TreeMap::new));
    }
  }
}
