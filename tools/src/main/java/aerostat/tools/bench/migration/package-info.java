/**
 * {@code aerostat bench migration}: an idle guest between two processes, with hints and without.
 */
@NullMarked
package aerostat.tools.bench.migration;

import org.jspecify.annotations.NullMarked;
