/**
 * The monitor: QEMU's JSON protocol (QMP) over UNIX and TCP sockets, and a client for it.
 *
 * <p>{@link aerostat.vmm.monitor.CommandTable} is the only registry of commands: dispatch, argument
 * checks, {@code query-commands} and {@code docs/qmp.md} come from it. {@link
 * aerostat.vmm.monitor.Monitor} joins the table, the sessions and the events.
 */
@NullMarked
package aerostat.vmm.monitor;

import org.jspecify.annotations.NullMarked;
