/** The flat state: every register of vCPU and devices in one small segment. */
@NullMarked
package aerostat.mmio.state;

import org.jspecify.annotations.NullMarked;
