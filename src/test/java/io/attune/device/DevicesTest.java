package io.attune.device;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.attune.InputException;
import java.util.List;
import org.junit.jupiter.api.Test;

class DevicesTest {
  @Test
  void autoTakesTheFirstRungThatServesAndSaysWhyTheOthersDoNot() {
    Devices.Choice choice = Devices.open("auto");
    try (Device device = choice.device()) {
      assertEquals("cpu", device.name());
      assertEquals(1, choice.remarks().size());
      String remark = choice.remarks().getFirst();
      assertTrue(remark.startsWith("cuda: "), remark);
      assertTrue(remark.endsWith("; using cpu"), remark);
    }
  }

  @Test
  void cpuIsOpenedWithTheThreadsAskedFor() {
    try (Device device = Devices.open("cpu:3").device()) {
      assertTrue(device.description().endsWith("3 threads"), device.description());
    }
    assertThrows(InputException.class, () -> Devices.open("cpu:0"));
    assertThrows(InputException.class, () -> Devices.open("cpu:many"));
    InputException tooMany = assertThrows(InputException.class, () -> Devices.open("cpu:99999"));
    assertTrue(tooMany.getMessage().contains("at most 4096"), tooMany.getMessage());
  }

  @Test
  void aDeviceAskedForByNameServesOrIsAnError() {
    InputException e =
        assertThrows(
            InputException.class,
            () -> Devices.open("absent", Precision.F32, List.of(new Absent(), new Absent())));
    assertEquals(
        "--device absent cannot be served: no card; use --device auto to take what there is",
        e.getMessage());
    assertThrows(
        InputException.class, () -> Devices.open("auto", Precision.F32, List.of(new Absent())));
  }

  @Test
  void anUnknownNameIsAnsweredWithTheKnownOnes() {
    InputException e = assertThrows(InputException.class, () -> Devices.open("tpu"));
    assertTrue(e.getMessage().contains("auto, cuda, emulated, cpu"), e.getMessage());
  }

  private static final class Absent implements DeviceProvider {
    @Override
    public String name() {
      return "absent";
    }

    @Override
    public int rank() {
      return 1;
    }

    @Override
    public boolean automatic() {
      return true;
    }

    @Override
    public Device open(String argument, Precision precision) throws DeviceUnavailableException {
      throw new DeviceUnavailableException("no card");
    }
  }
}
