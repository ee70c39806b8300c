package aerostat.vmm.cpu;

import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.bus.MmioBus;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.state.FlatState;
import aerostat.vmm.image.Flavour;
import aerostat.vmm.image.RewrittenImage;

/**
 * What a vCPU is built from.
 *
 * @param memory with the image installed
 * @param state not sealed yet: the vCPU takes its slice
 * @param deterministic virtual clock instead of the real one
 * @param flavour form in which guest code runs first
 * @param sanitizer where the sanitizing flavour reports
 * @param name of the thread
 */
public record VcpuParts(
    GuestMemory memory,
    MmioBus bus,
    InterruptController interrupts,
    FlatState state,
    RewrittenImage image,
    boolean deterministic,
    Flavour flavour,
    Sanitizer sanitizer,
    String name) {}
