package aerostat.vmm.machine;

import aerostat.devices.balloon.BalloonOptions;
import aerostat.mmio.virtio.VirtioMmioOptions;

/**
 * What makes a machine what it is, apart from its state: compared when a migration is set up.
 *
 * @param memoryBytes RAM, a multiple of 4 KiB, at least 2 MiB
 * @param append the guest kernel's command line
 * @param virtioMmio the transport in front of the balloon
 * @param deterministic virtual clock, devices inline
 * @param seed of every random choice (used in both modes)
 * @param memoryPath file behind RAM, empty for anonymous memory
 */
public record MachineConfig(
    long memoryBytes,
    String append,
    BalloonOptions balloon,
    VirtioMmioOptions virtioMmio,
    boolean deterministic,
    long seed,
    String memoryPath) {}
