/** {@code aerostat bench boot}: from the start of a process to a guest whose balloon works. */
@NullMarked
package aerostat.tools.bench.boot;

import org.jspecify.annotations.NullMarked;
