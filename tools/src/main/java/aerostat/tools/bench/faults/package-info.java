/**
 * {@code aerostat bench migration --faults}: what broken connections and killed processes lead to.
 */
@NullMarked
package aerostat.tools.bench.faults;

import org.jspecify.annotations.NullMarked;
