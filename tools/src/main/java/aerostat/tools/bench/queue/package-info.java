/** {@code aerostat bench queue}: what a buffer's way through a virtqueue takes. */
@NullMarked
package aerostat.tools.bench.queue;

import org.jspecify.annotations.NullMarked;
