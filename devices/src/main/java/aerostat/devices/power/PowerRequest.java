package aerostat.devices.power;

import org.jspecify.annotations.Nullable;

/** What a guest asks of the power register. */
public enum PowerRequest {
  /** Value 1. */
  POWER_OFF,
  /** Value 2; treated as power off. */
  REBOOT,
  /** Value 3: power off, and the guest says that its work went wrong. */
  FAILURE;

  /** Null for a value without meaning. */
  static @Nullable PowerRequest of(int value) {
    return switch (value) {
      case 1 -> POWER_OFF;
      case 2 -> REBOOT;
      case 3 -> FAILURE;
      default -> null;
    };
  }
}
