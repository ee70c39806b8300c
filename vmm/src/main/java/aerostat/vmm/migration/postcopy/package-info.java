/**
 * Pages that come after their guest: which are missing, who waits for them, that each is placed
 * once, and both ends of the connection that brings them. Knows pages, guest, wire, transport and
 * the counters.
 */
@NullMarked
package aerostat.vmm.migration.postcopy;

import org.jspecify.annotations.NullMarked;
