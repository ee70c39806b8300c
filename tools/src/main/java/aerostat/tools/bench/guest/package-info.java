/** {@code aerostat bench guest}: guest code in its forms, stops and pauses. */
@NullMarked
package aerostat.tools.bench.guest;

import org.jspecify.annotations.NullMarked;
