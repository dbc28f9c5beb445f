package io.attune.hba;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.clip.ClipModel;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.Precision;
import io.attune.device.op.DevicesPresent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every committed PyTorch reference, on every device present, in each of its precisions. */
class VerificationTest {
  static Stream<Arguments> references() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("weights/references"))) {
      List<Path> references = files.filter(VerificationTest::isReference).sorted().toList();
      return DevicesPresent.names().stream()
          .flatMap(
              device ->
                  DevicesPresent.precisions(device).stream()
                      .flatMap(
                          precision ->
                              references.stream()
                                  .map(file -> Arguments.of(device, precision, file))));
    }
  }

  /** Folders below a model's, which hold its weights in another layout or under other names. */
  static Stream<Path> layouts() throws IOException {
    try (Stream<Path> folders = Files.walk(Path.of("weights/references"), 2)) {
      return folders
          .filter(folder -> Files.isDirectory(folder) && folder.getNameCount() == 4)
          .sorted()
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("layouts")
  void otherLayoutsHoldTheSameModel(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder.getParent())) {
      for (Path file : files.filter(VerificationTest::isReference).sorted().toList()) {
        verify("cpu", Precision.F32, folder, file);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("references")
  void agreesWithPyTorch(String deviceName, Precision precision, Path file) {
    verify(deviceName, precision, file.getParent(), file);
  }

  private static boolean isReference(Path file) {
    return file.getFileName().toString().startsWith("reference-");
  }

  private static void verify(String deviceName, Precision precision, Path folder, Path file) {
    try (Device device = Devices.open(deviceName, precision).device();
        ClipModel model = ClipModel.open(folder, device)) {
      Verification.Outcome outcome =
          Verification.run(
              device, model.clip(), file, Verification.Tolerances.of(device.precision()));
      outcome.rows().stream()
          .filter(row -> !row.passes())
          .forEach(row -> System.out.println("FAIL " + row));
      System.out.printf(
          "%s in %s, %s, %s: %s%n",
          deviceName, precision, folder, file.getFileName(), outcome.summary());
      assertTrue(outcome.passes(), outcome::summary);
    }
  }
}
