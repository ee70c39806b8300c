/**
 * What a migration sees of a machine ({@link aerostat.vmm.migration.guest.MovableGuest}) and of the
 * process around it ({@link aerostat.vmm.migration.guest.GuestHost}), each with the real one, and
 * how a guest introduces itself (SETUP). Rounds, handover and loading know a machine by this alone.
 * Knows the wire.
 */
@NullMarked
package aerostat.vmm.migration.guest;

import org.jspecify.annotations.NullMarked;
