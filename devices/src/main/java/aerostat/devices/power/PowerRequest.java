package aerostat.devices.power;

import org.jspecify.annotations.Nullable;

/** What becomes of a guest by its power register, or by its power button. */
public enum PowerRequest {
  /** Value 1. */
  POWER_OFF,
  /** Value 2; treated as power off. */
  REBOOT,
  /** Value 3: power off, and the guest says that its work went wrong. */
  FAILURE,
  /** Value 4: the guest sleeps until it is woken. */
  SUSPEND,
  /** The host, or its own alarm, has woken it. */
  WAKEUP,
  /** The host has pressed the power button. */
  POWER_BUTTON;

  /** Null for a value without meaning. */
  static @Nullable PowerRequest of(int value) {
    return switch (value) {
      case 1 -> POWER_OFF;
      case 2 -> REBOOT;
      case 3 -> FAILURE;
      case 4 -> SUSPEND;
      default -> null;
    };
  }
}
