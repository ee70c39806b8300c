package aerostat.tools.interop;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A difference from Linux or QEMU that is meant.
 *
 * @param edit how the line of {@link Comparison} begins: {@code + …} ours alone does it, {@code -
 *     …} the recording alone
 * @param reason why
 */
record Departure(String edit, String reason) {
  private static final String NEEDS_RESET =
      "our driver waits for Status 0 after a reset, and looks for DEVICE_NEEDS_RESET at a config"
          + " interrupt (BASE-DRV-04)";
  private static final String AFTER_DRIVER_OK =
      "BASE-DRV-29: our driver kicks the statistics queue after DRIVER_OK, Linux before";
  private static final String ID_FIRST =
      "our driver reads the command id in the work item that the interrupt queues, before the"
          + " target's; Linux's two work items run in either order";
  private static final String LOOKS_FIRST =
      "EDGE-02: where numberings differ, our driver looks which queues there are";

  private static final List<Departure> DECLARED =
      List.of(
          new Departure("+ read Status", NEEDS_RESET),
          new Departure("- write QueueNotify 0x2", AFTER_DRIVER_OK),
          new Departure("+ read 0x108", ID_FIRST),
          new Departure("- read 0x108", ID_FIRST),
          new Departure("+ read QueueSizeMax", LOOKS_FIRST),
          new Departure("+ write QueueSel", LOOKS_FIRST));

  /** The departure that an edit is, or null. */
  static @Nullable Departure of(String edit) {
    return DECLARED.stream().filter(d -> edit.startsWith(d.edit)).findFirst().orElse(null);
  }
}
