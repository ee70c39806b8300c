/**
 * The messages: header, types and limits, how each is framed, checked and taken apart, and the
 * digest over what went after the pause. Every length is checked here before anything acts on it.
 * Knows the transport; what a message means to guest or owner is for the rooms above.
 */
@NullMarked
package aerostat.vmm.migration.wire;

import org.jspecify.annotations.NullMarked;
