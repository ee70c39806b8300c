/**
 * What QMP sets and asks, under QEMU's names: parameters and capabilities of a migration, and its
 * counters and accounts of time. A migration reads the ones as it goes and writes the others; there
 * is no thread here, and no I/O. Knows the wire for its limits and for what a destination tells of
 * the pause.
 */
@NullMarked
package aerostat.vmm.migration.control;

import org.jspecify.annotations.NullMarked;
