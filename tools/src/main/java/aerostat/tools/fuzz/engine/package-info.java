/** Who makes the inputs: Jazzer in a process of its own, or a small engine of ours in this one. */
@NullMarked
package aerostat.tools.fuzz.engine;

import org.jspecify.annotations.NullMarked;
