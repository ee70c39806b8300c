package aerostat.vmm.machine;

/**
 * Pages by owner, and what the host spends.
 *
 * @param guest pages that are the guest's
 * @param balloon pages in the balloon
 * @param hinted pages under a hint of the running command
 * @param reported pages reported free and untouched since
 * @param residentBytes RAM resident in host memory
 */
public record PageStates(
    long guest, long balloon, long hinted, long reported, long residentBytes) {}
