package io.attune.device.cuda;

import io.attune.device.Device;
import io.attune.device.DeviceProvider;
import io.attune.device.DeviceUnavailableException;

/**
 * The rung of NVIDIA cards. It finds the driver and counts its devices; it then declines, since
 * this version computes on the CPU only.
 */
public final class CudaProvider implements DeviceProvider {
  @Override
  public String name() {
    return "cuda";
  }

  @Override
  public int rank() {
    return 10;
  }

  @Override
  public boolean automatic() {
    return true;
  }

  @Override
  public Device open(String argument) throws DeviceUnavailableException {
    DriverProbe.Found found;
    try {
      found = DriverProbe.find();
    } catch (CudaUnavailableException e) {
      throw new DeviceUnavailableException(e.getMessage());
    }
    throw new DeviceUnavailableException(
        "%s finds %d %s, but this version computes on the CPU only"
            .formatted(
                found.library(), found.devices(), found.devices() == 1 ? "device" : "devices"));
  }
}
