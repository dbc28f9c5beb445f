package io.attune.device.cuda;

import io.attune.InputException;
import io.attune.device.Device;
import io.attune.device.DeviceProvider;
import io.attune.device.DeviceUnavailableException;
import io.attune.device.Precision;

/**
 * {@code emulated}, {@code emulated:SEED}: the CUDA device with its kernels on the CPU, to test
 * both where there is no GPU. The seed chooses the order in which threads run, and with any but 0
 * also when streams do; results do not depend on it unless something is not waited for.
 */
public final class EmulatedProvider implements DeviceProvider {
  @Override
  public String name() {
    return "emulated";
  }

  @Override
  public int rank() {
    return 30;
  }

  @Override
  public boolean automatic() {
    return false;
  }

  @Override
  public Device open(String argument, Precision precision) throws DeviceUnavailableException {
    long seed;
    try {
      seed = argument.isEmpty() ? 0 : Long.parseLong(argument);
    } catch (NumberFormatException e) {
      throw new InputException(
          "--device emulated:%s: expected a whole number, the seed of the threads' order"
              .formatted(argument),
          e);
    }
    EmulatedDriver driver;
    try {
      driver = EmulatedDriver.open(seed);
    } catch (CudaUnavailableException e) {
      throw new DeviceUnavailableException(e.getMessage());
    }
    CudaContext context = new CudaContext(driver, 0);
    try {
      return new CudaDevice(name(), context, new EmulatedBlas(driver), precision);
    } catch (RuntimeException e) {
      context.close();
      throw e;
    }
  }
}
