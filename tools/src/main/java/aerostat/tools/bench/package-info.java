/** {@code aerostat bench}: how fast guest code runs, a VM boots and a guest moves. */
@NullMarked
package aerostat.tools.bench;

import org.jspecify.annotations.NullMarked;
