package io.attune.device.op;

import io.attune.InputException;
import io.attune.device.Device;
import io.attune.device.Devices;
import io.attune.device.Precision;
import java.util.ArrayList;
import java.util.List;

/** The devices that can serve on this machine; the contract holds for each of them. */
public final class DevicesPresent {
  private static final List<String> KNOWN = List.of("cpu", "emulated", "cuda");

  private DevicesPresent() {}

  /**
   * Names of all devices that open here, or of those that {@code -Dattune.test.devices=cpu,cuda}
   * lists; says of the others why they are not tested.
   */
  public static List<String> names() {
    String asked = System.getProperty("attune.test.devices");
    if (asked != null) {
      return List.of(asked.split(","));
    }
    List<String> present = new ArrayList<>();
    for (String name : KNOWN) {
      try (Device device = Devices.open(name).device()) {
        present.add(name);
        System.out.println("tested: " + device.description());
      } catch (InputException e) {
        System.out.println("not tested: " + e.getMessage());
      }
    }
    return present;
  }

  /** The precisions in which a device that is present computes; F32 is always one. */
  public static List<Precision> precisions(String name) {
    List<Precision> served = new ArrayList<>();
    for (Precision precision : Precision.values()) {
      try (Device device = Devices.open(name, precision).device()) {
        served.add(device.precision());
      } catch (InputException e) {
        System.out.println("not tested: " + e.getMessage());
      }
    }
    return served;
  }
}
