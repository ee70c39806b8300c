/**
 * The guest kernel's core: boot, threads, time, locks, work queues, log (Linux's init/, kernel/,
 * lib/). See docs/guest-kernel.md.
 */
package aerostat.guest.kernel;
