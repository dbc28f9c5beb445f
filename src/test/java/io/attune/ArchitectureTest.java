package io.attune;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Which way things point: who may use whom, and what nobody may use. */
class ArchitectureTest {
  /** A room and the packages it may use beside its own; all may use the root package. */
  private static final Map<String, List<String>> MAY_USE = rooms();

  private static JavaClasses attune;

  private static Map<String, List<String>> rooms() {
    // Of device, all but device itself and cli see the contract only, never an implementation.
    List<String> contract = List.of("tensor..", "device", "device.op..");
    List<String> clip = join(contract, "nn..", "format..");
    List<String> data = join(clip, "rsa..", "clip..");
    List<String> hba = join(clip, "rsa..", "clip..");
    Map<String, List<String>> rooms = new LinkedHashMap<>();
    rooms.put("tensor", List.of());
    rooms.put("device", List.of("tensor.."));
    rooms.put("format", List.of("tensor.."));
    rooms.put("nn", contract);
    rooms.put("rsa", contract);
    rooms.put("clip", clip);
    rooms.put("data", data);
    rooms.put("hba", hba);
    rooms.put("train", join(data, "hba..", "data.."));
    rooms.put("report", List.of("rsa..", "data.."));
    // Measures what the others do, and the card beneath them.
    rooms.put("bench", join(data, "hba..", "data..", "train..", "device.cuda"));
    return rooms;
  }

  private static List<String> join(List<String> below, String... more) {
    return Stream.concat(below.stream(), Stream.of(more)).toList();
  }

  @BeforeAll
  static void read() {
    attune =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.attune");
  }

  @TestFactory
  Stream<DynamicTest> aRoomUsesOnlyWhatLiesBelowIt() {
    return MAY_USE.entrySet().stream()
        .map(
            entry ->
                DynamicTest.dynamicTest(
                    entry.getKey(), () -> checkRoom(entry.getKey(), entry.getValue())));
  }

  private static void checkRoom(String room, List<String> mayUse) {
    String[] allowed =
        Stream.concat(
                Stream.of("io.attune", "io.attune." + room + ".."),
                mayUse.stream().map(name -> "io.attune." + name))
            .toArray(String[]::new);
    DescribedPredicate<JavaClass> ours = resideInAPackage("io.attune..");
    classes()
        .that()
        .resideInAPackage("io.attune." + room + "..")
        .should()
        .onlyDependOnClassesThat(not(ours).or(resideInAnyPackage(allowed)))
        .allowEmptyShould(true)
        .check(attune);
  }

  @Test
  void everyRoomHasItsRule() {
    TreeSet<String> known = new TreeSet<>(MAY_USE.keySet());
    known.add("cli");
    TreeSet<String> unknown = new TreeSet<>();
    for (JavaClass type : attune) {
      String[] parts = type.getPackageName().split("[.]");
      if (parts.length > 2 && !known.contains(parts[2])) {
        unknown.add(parts[2]);
      }
    }
    org.junit.jupiter.api.Assertions.assertEquals(
        Collections.emptySet(), unknown, "packages that no rule of this test covers");
  }

  @Test
  void theRootPackageKnowsNoRoom() {
    classes()
        .that()
        .resideInAPackage("io.attune")
        .should()
        .onlyDependOnClassesThat(
            not(resideInAPackage("io.attune..")).or(resideInAPackage("io.attune")))
        .check(attune);
  }

  @Test
  void noRoomsFormACircle() {
    slices().matching("io.attune.(*)..").should().beFreeOfCycles().check(attune);
  }

  @Test
  void networksAndMethodsNameNoHardware() {
    noClasses()
        .that()
        .resideInAnyPackage(
            "io.attune.nn..", "io.attune.clip..", "io.attune.hba..", "io.attune.train..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("io.attune.device.cpu..", "io.attune.device.cuda..")
        .allowEmptyShould(true)
        .check(attune);
  }

  @Test
  void randomnessIsPhilox() {
    noClasses()
        .should()
        .dependOnClassesThat()
        .areAssignableTo(Random.class)
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(SplittableRandom.class)
        .orShould()
        .dependOnClassesThat()
        .areAssignableTo(ThreadLocalRandom.class)
        .orShould()
        .callMethod(Math.class, "random")
        .orShould()
        .callMethod(Collections.class, "shuffle", List.class)
        .because("results must repeat on every device and thread count: io.attune.device.Philox")
        .check(attune);
  }

  @Test
  void onlyTheCudaDeviceKnowsJCuda() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.attune.device.cuda..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage("jcuda..", "org.jcuda..")
        .check(attune);
  }

  @Test
  void onlyTheCommandLinePrints() {
    noClasses()
        .that()
        .resideOutsideOfPackage("io.attune.cli..")
        .should()
        .accessField(System.class, "out")
        .orShould()
        .accessField(System.class, "err")
        .because("standard output carries a command's results; all else goes through Progress")
        .check(attune);
  }

  @Test
  void nothingStaticChanges() {
    fields().that().areStatic().should().beFinal().check(attune);
  }
}
