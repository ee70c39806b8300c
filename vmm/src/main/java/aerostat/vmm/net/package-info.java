/** What all sockets of a VMM process have in common. */
@NullMarked
package aerostat.vmm.net;

import org.jspecify.annotations.NullMarked;
