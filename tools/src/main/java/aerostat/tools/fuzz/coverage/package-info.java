/** Edge counters in rewritten guest code. */
@NullMarked
package aerostat.tools.fuzz.coverage;

import org.jspecify.annotations.NullMarked;
