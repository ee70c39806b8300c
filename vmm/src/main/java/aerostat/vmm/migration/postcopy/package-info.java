/**
 * Pages that come after their guest: which are missing, who waits for them, and that each is placed
 * once.
 */
@NullMarked
package aerostat.vmm.migration.postcopy;

import org.jspecify.annotations.NullMarked;
