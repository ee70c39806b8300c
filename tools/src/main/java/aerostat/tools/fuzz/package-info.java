/**
 * {@code aerostat fuzz}: targets that take bytes and check properties, the engines that make the
 * bytes, and findings that can be replayed.
 */
@NullMarked
package aerostat.tools.fuzz;

import org.jspecify.annotations.NullMarked;
