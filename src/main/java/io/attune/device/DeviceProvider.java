package io.attune.device;

/**
 * One rung of the ladder of {@link Devices}. Implementations are found with {@link
 * java.util.ServiceLoader}, so that nothing outside their own package names them.
 */
public interface DeviceProvider {
  /** What {@code --device} calls it, such as {@code cpu}. */
  String name();

  /** Its place on the ladder of {@code --device auto}: smaller is tried earlier. */
  int rank();

  /** Whether {@code --device auto} tries it at all; else it serves only when asked for by name. */
  boolean automatic();

  /**
   * Opens a device.
   *
   * @param argument what followed the name and a colon, such as the 1 of {@code cuda:1}; empty if
   *     nothing did
   * @param precision how it is to multiply
   * @throws DeviceUnavailableException if it cannot serve here: why, and what would help
   * @throws io.attune.InputException if the argument makes no sense
   */
  Device open(String argument, Precision precision) throws DeviceUnavailableException;
}
