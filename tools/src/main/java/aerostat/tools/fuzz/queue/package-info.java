/** Targets {@code queue-split} and {@code queue-packed}: our rings against a hostile driver. */
@NullMarked
package aerostat.tools.fuzz.queue;

import org.jspecify.annotations.NullMarked;
