package io.attune.device;

import io.attune.InputException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/**
 * Chooses a device, and says why. {@code auto} is a ladder: the rungs are tried in their order, and
 * each that cannot serve says so in one line. A device asked for by name serves or is an error.
 */
public final class Devices {
  private static final String AUTO = "auto";

  private Devices() {}

  /**
   * A device and how it was chosen.
   *
   * @param device open; the caller closes it
   * @param remarks one line for each rung that was tried in vain, to be shown to the user
   */
  public record Choice(Device device, List<String> remarks) {}

  /**
   * Opens what {@code --device} names: {@code auto}, or a provider's name with an optional
   * argument, such as {@code cpu} or {@code cpu:2}.
   *
   * @throws InputException if the name is unknown, or if what was asked for cannot serve here
   */
  public static Choice open(String request, Precision precision) {
    return open(request, precision, providers());
  }

  /** {@link #open(String, Precision)} in f32. */
  public static Choice open(String request) {
    return open(request, Precision.F32);
  }

  static Choice open(String request, Precision precision, List<DeviceProvider> providers) {
    if (request.equals(AUTO)) {
      return openFirst(precision, providers);
    }
    int colon = request.indexOf(':');
    String name = colon < 0 ? request : request.substring(0, colon);
    String argument = colon < 0 ? "" : request.substring(colon + 1);
    for (DeviceProvider provider : providers) {
      if (provider.name().equals(name)) {
        try {
          return new Choice(provider.open(argument, precision), List.of());
        } catch (DeviceUnavailableException e) {
          throw new InputException(
              "--device %s cannot be served: %s; use --device auto to take what there is"
                  .formatted(request, e.getMessage()),
              e);
        }
      }
    }
    throw new InputException(
        "--device %s is unknown: expected %s, %s"
            .formatted(
                request,
                AUTO,
                providers.stream().map(DeviceProvider::name).collect(Collectors.joining(", "))));
  }

  private static Choice openFirst(Precision precision, List<DeviceProvider> providers) {
    List<String> remarks = new ArrayList<>();
    for (DeviceProvider provider : providers) {
      if (!provider.automatic()) {
        continue;
      }
      try {
        Device device = provider.open("", precision);
        String used = "; using " + device.name();
        return new Choice(device, remarks.stream().map(remark -> remark + used).toList());
      } catch (DeviceUnavailableException e) {
        remarks.add(provider.name() + ": " + e.getMessage());
      }
    }
    throw new InputException("no device can serve here: " + String.join("; ", remarks));
  }

  /**
   * What one rung answers on this machine.
   *
   * @param name as {@code --device} takes it
   * @param serves whether it could be opened
   * @param text its description, or why it cannot serve and what would help
   */
  public record Rung(String name, boolean serves, String text) {}

  /** Tries every rung, first to last; each device that opens is closed again. */
  public static List<Rung> survey() {
    List<Rung> rungs = new ArrayList<>();
    for (DeviceProvider provider : providers()) {
      try (Device device = provider.open("", Precision.F32)) {
        rungs.add(new Rung(provider.name(), true, device.description()));
      } catch (DeviceUnavailableException e) {
        rungs.add(new Rung(provider.name(), false, e.getMessage()));
      }
    }
    return rungs;
  }

  /** All rungs, first to last. */
  static List<DeviceProvider> providers() {
    return ServiceLoader.load(DeviceProvider.class, Devices.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get)
        .sorted(Comparator.comparingInt(DeviceProvider::rank))
        .toList();
  }
}
