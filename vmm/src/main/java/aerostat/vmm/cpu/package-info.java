/**
 * The virtual processor: what generated guest code calls ({@link aerostat.vmm.cpu.Intrinsics}), the
 * dispatcher that resumes frames, delivers interrupts, switches threads and stops ({@link
 * aerostat.vmm.cpu.Vcpu}), and the clocks.
 */
@NullMarked
package aerostat.vmm.cpu;

import org.jspecify.annotations.NullMarked;
