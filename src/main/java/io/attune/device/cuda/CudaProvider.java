package io.attune.device.cuda;

import io.attune.InputException;
import io.attune.device.Device;
import io.attune.device.DeviceProvider;
import io.attune.device.DeviceUnavailableException;
import io.attune.device.Precision;

/** The rung of NVIDIA cards: {@code cuda} is the first, {@code cuda:N} the one of number N. */
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
  public Device open(String argument, Precision precision) throws DeviceUnavailableException {
    int ordinal = ordinal(argument);
    try {
      return open(JCudaDriver.open(), ordinal, precision);
    } catch (CudaUnavailableException | CudaException e) {
      throw new DeviceUnavailableException(e.getMessage());
    }
  }

  private static Device open(CudaDriver driver, int ordinal, Precision precision) {
    if (ordinal >= driver.deviceCount()) {
      throw new CudaUnavailableException(
          "there is no device %d: the driver finds %d".formatted(ordinal, driver.deviceCount()));
    }
    int capability = CudaSurvey.capability(driver, ordinal);
    if (capability < CudaSurvey.LEAST_CAPABILITY) {
      throw new CudaUnavailableException(
          "%s has compute capability %.1f; the kernels need 8.0 or later"
              .formatted(driver.deviceName(ordinal), capability / 10.0));
    }
    CudaContext context = new CudaContext(driver, ordinal);
    try {
      return new CudaDevice("cuda:" + ordinal, context, Blas.open(driver), precision);
    } catch (RuntimeException e) {
      try {
        context.close();
      } catch (CudaException alsoFailed) {
        e.addSuppressed(alsoFailed);
      }
      throw e;
    }
  }

  private static int ordinal(String argument) {
    try {
      int ordinal = argument.isEmpty() ? 0 : Integer.parseInt(argument);
      if (ordinal >= 0) {
        return ordinal;
      }
    } catch (NumberFormatException notANumber) {
      // said below
    }
    throw new InputException(
        "--device cuda:%s is not understood: expected cuda or cuda:N, such as cuda:1"
            .formatted(argument));
  }
}
