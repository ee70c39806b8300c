package aerostat.vmm.migration.control;

/**
 * How auto-converge slows a guest down (MIG-15): QEMU's parameters.
 *
 * @param triggerPercent of the bytes sent; more bytes dirtied is trouble
 * @param initial first throttle, percent
 * @param increment later steps, percent
 * @param tailSlow whether the last steps are as small as they need to be
 * @param most highest throttle, percent
 */
public record ThrottleSteps(
    int triggerPercent, int initial, int increment, boolean tailSlow, int most) {}
