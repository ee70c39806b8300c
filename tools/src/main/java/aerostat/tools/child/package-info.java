/** VMM processes that tools start, watch and steer as a user would: command line, QMP, /proc. */
@NullMarked
package aerostat.tools.child;

import org.jspecify.annotations.NullMarked;
