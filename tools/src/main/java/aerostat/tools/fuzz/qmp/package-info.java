/** Target {@code qmp}: the monitor against a hostile client. */
@NullMarked
package aerostat.tools.fuzz.qmp;

import org.jspecify.annotations.NullMarked;
