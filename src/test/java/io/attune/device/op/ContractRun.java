package io.attune.device.op;

import java.lang.reflect.Method;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.opentest4j.TestAbortedException;

/**
 * Runs contracts on the emulated device without JUnit's engine: against another library of kernels,
 * or in a JVM with a sanitizer.
 */
public final class ContractRun {
  private ContractRun() {}

  /** Runs the contracts named, and exits with 1 at the first failure. */
  public static void main(String[] contracts) throws Exception {
    System.setProperty("attune.test.devices", "emulated");
    for (String contract : contracts) {
      Optional<Throwable> failure = firstFailure(contract);
      if (failure.isPresent()) {
        failure.get().printStackTrace();
        System.exit(1);
      }
      System.out.println(contract + " holds");
    }
  }

  /** Whether contracts are run on the emulated device in this JVM at all. */
  public static boolean includesEmulated() {
    return DevicesPresent.names().contains("emulated");
  }

  /**
   * Runs a contract's trials on the emulated device, in the order of its methods' names.
   *
   * @param contract a class of this package, such as {@code NormalizeContract}
   * @throws IllegalArgumentException if it has no trials on that device
   */
  public static Optional<Throwable> firstFailure(String contract) throws Exception {
    Class<?> type = Class.forName(ContractRun.class.getPackageName() + "." + contract);
    var constructor = type.getDeclaredConstructor();
    constructor.setAccessible(true);
    Object instance = constructor.newInstance();
    int count = 0;
    for (Method method : factories(type)) {
      for (DynamicTest trial : trials(method, instance)) {
        count++;
        try {
          trial.getExecutable().execute();
        } catch (TestAbortedException skipped) {
          continue;
        } catch (Throwable failure) {
          return Optional.of(failure);
        }
      }
    }
    if (count == 0) {
      throw new IllegalArgumentException(contract + " has no trials on the emulated device");
    }
    return Optional.empty();
  }

  private static List<Method> factories(Class<?> type) {
    return Stream.of(type.getDeclaredMethods())
        .filter(method -> method.isAnnotationPresent(TestFactory.class))
        .sorted(Comparator.comparing(Method::getName))
        .toList();
  }

  @SuppressWarnings("unchecked")
  private static List<DynamicTest> trials(Method method, Object instance) throws Exception {
    method.setAccessible(true);
    return ((Stream<DynamicTest>) method.invoke(instance))
        .filter(trial -> trial.getDisplayName().contains(", emulated, "))
        .toList();
  }
}
