/** The guest kernel's memory manager (Linux's mm/). See docs/guest-kernel.md. */
package aerostat.guest.mm;
