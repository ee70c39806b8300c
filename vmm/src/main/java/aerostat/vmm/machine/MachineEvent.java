package aerostat.vmm.machine;

/**
 * Something a monitor reports.
 *
 * @param name QMP's event name: STOP, RESUME, SHUTDOWN, GUEST_PANICKED, BALLOON_CHANGE
 * @param detail text or number as the event needs it (backtrace, actual bytes, reason); empty
 *     otherwise
 */
public record MachineEvent(String name, String detail) {}
