/** {@code aerostat bench balloon}: how fast memory goes to the host and comes back. */
@NullMarked
package aerostat.tools.bench.balloon;

import org.jspecify.annotations.NullMarked;
