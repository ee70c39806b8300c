/** Faults between a guest's driver and its device ({@code aerostat run --faults}). */
@NullMarked
package aerostat.vmm.faults;

import org.jspecify.annotations.NullMarked;
