/** A VM and its parts: memory, devices and vCPU put together, its states, its hash. */
@NullMarked
package aerostat.vmm.machine;

import org.jspecify.annotations.NullMarked;
