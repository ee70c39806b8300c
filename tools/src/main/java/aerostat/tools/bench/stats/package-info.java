/** What all benchmarks share: medians with their bounds, stolen time, disturbed runs. */
@NullMarked
package aerostat.tools.bench.stats;

import org.jspecify.annotations.NullMarked;
