package io.attune.bench.jmh;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
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
}
