/**
 * Comparison with drivers and devices that nobody here wrote: a recording of a stock Linux guest
 * under QEMU, in this project's trace format, beside what our own driver and device do in the same
 * situation. docs/interop.md tells how a recording is made.
 */
@NullMarked
package aerostat.tools.interop;

import org.jspecify.annotations.NullMarked;
