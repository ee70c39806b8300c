/**
 * Pages from RAM to RAM: which are dirty, hinted or free, how they are sent and placed, over one
 * connection or several, and how both sides compare them. {@link
 * aerostat.vmm.migration.pages.DirtyPages} is the bitmap that everything turns on. Knows wire,
 * transport, guest and the counters; when a round begins and who owns the guest is not known here.
 */
@NullMarked
package aerostat.vmm.migration.pages;

import org.jspecify.annotations.NullMarked;
