package io.attune.bench.jmh;

import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.bench.jmh.peer.OnArrays;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** All providers of every contest compute the same, on one thread and on two. */
class AgreementTest {
  @TestFactory
  Stream<DynamicContainer> providersAgree() {
    return Questions.all().stream()
        .map(
            question ->
                DynamicContainer.dynamicContainer(
                    question.name(), question.samples().stream().flatMap(AgreementTest::tests)));
  }

  private static Stream<DynamicTest> tests(Contest contest) {
    List<Provider> providers = new ArrayList<>(contest.entries().keySet());
    return Stream.of(1, 2)
        .map(
            threads ->
                DynamicTest.dynamicTest(
                    contest.key() + ", threads " + threads,
                    () -> new Field(contest, providers, threads).close()));
  }

  private static void compare(float[] first, float[] second) throws Exception {
    Contest contest = Contest.of("x", "y", Amount.once(), 1e-5, new EnumMap<>(Provider.class));
    Map<Provider, Contestant> field = new EnumMap<>(Provider.class);
    field.put(Provider.ATTUNE, new OnArrays(() -> {}, first));
    field.put(Provider.LIBTORCH, new OnArrays(() -> {}, second));
    Agreement.require(contest, field);
  }

  private static void differs(String says, float[] first, float[] second) {
    IllegalStateException thrown =
        assertThrows(IllegalStateException.class, () -> compare(first, second));
    assertTrue(thrown.getMessage().contains(says), thrown.getMessage());
  }

  @Test
  void whatDiffersIsNamed() throws Exception {
    compare(new float[] {1, 2, 100}, new float[] {1.0009f, 2, 100});
    differs("element 0", new float[] {1, 2, 100}, new float[] {1.0011f, 2, 100});
    differs("3 and 2 elements", new float[] {1, 2, 100}, new float[] {1, 2});
    differs("all zeros prove nothing", new float[2], new float[2]);
    differs("element 1", new float[] {1, 2}, new float[] {1, Float.NaN});
    differs("element 0", new float[] {1, Float.NaN}, new float[] {1, Float.NaN});
    differs("element 1", new float[] {1, 2}, new float[] {1, Float.POSITIVE_INFINITY});
    differs("infinity", new float[] {1, Float.POSITIVE_INFINITY}, new float[] {7, 8});
  }
}
