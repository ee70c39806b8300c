/**
 * The bytes' way from process to process: addresses in QEMU's notation, sockets, and memory in
 * their place; every wait is bounded and can be ended from another thread. Knows no message, no
 * guest and no other room.
 */
@NullMarked
package aerostat.vmm.migration.transport;

import org.jspecify.annotations.NullMarked;
