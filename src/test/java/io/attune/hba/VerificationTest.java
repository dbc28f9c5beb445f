package io.attune.hba;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.clip.ClipModel;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.op.DevicesPresent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every committed PyTorch reference, on every device present, within the limits for f32. */
class VerificationTest {
  static Stream<Arguments> references() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("weights/references"))) {
      List<Path> references = files.filter(VerificationTest::isReference).sorted().toList();
      return DevicesPresent.names().stream()
          .flatMap(device -> references.stream().map(file -> Arguments.of(device, file)));
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
        verify("cpu", folder, file);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("references")
  void agreesWithPyTorch(String deviceName, Path file) {
    verify(deviceName, file.getParent(), file);
  }

  private static boolean isReference(Path file) {
    return file.getFileName().toString().startsWith("reference-");
  }

  private static void verify(String deviceName, Path folder, Path file) {
    try (Device device = Devices.open(deviceName).device();
        ClipModel model = ClipModel.open(folder, device)) {
      Verification.Outcome outcome =
          Verification.run(
              device, model.clip(), file, Verification.Tolerances.of(device.precision()));
      outcome.rows().stream()
          .filter(row -> !row.passes())
          .forEach(row -> System.out.println("FAIL " + row));
      System.out.println(folder + ", " + file.getFileName() + ": " + outcome.summary());
      assertTrue(outcome.passes(), outcome::summary);
    }
  }
}
