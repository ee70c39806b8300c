package aerostat.vmm.monitor;

import aerostat.vmm.machine.MachineEvent;
import java.util.LinkedHashMap;
import java.util.Map;

/** Turns what the machine and migration tell into QMP's events with QEMU's members. */
public final class EventBridge {
  private EventBridge() {}

  /** Sends the event to the monitor's clients. */
  public static void send(Monitor monitor, MachineEvent event) {
    monitor.event(event.name(), data(event));
  }

  static Map<String, Object> data(MachineEvent event) {
    String detail = event.detail();
    Map<String, Object> data = new LinkedHashMap<>();
    switch (event.name()) {
      case "SHUTDOWN" -> {
        String reason = detail.isEmpty() ? "guest-shutdown" : detail;
        data.put("guest", reason.startsWith("guest"));
        data.put("reason", reason);
      }
      case "BALLOON_CHANGE" -> data.put("actual", Long.parseLong(detail));
      case "MIGRATION" -> data.put("status", detail);
      case "MIGRATION_PASS" -> data.put("pass", Long.parseLong(detail));
      case "GUEST_PANICKED" -> {
        data.put("action", "pause");
        data.put("x-backtrace", detail);
      }
      default -> {
        if (!detail.isEmpty()) {
          data.put("x-detail", detail);
        }
      }
    }
    return data;
  }
}
