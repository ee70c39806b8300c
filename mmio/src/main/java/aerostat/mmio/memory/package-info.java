/**
 * Guest-physical memory: RAM and its back ends, the image as ROM, the dirty log, page bitmaps and
 * page owners.
 *
 * <p><b>Discard is real.</b> {@link aerostat.mmio.memory.GuestMemory#discard} gives host memory
 * back, by the kernel's own count. Each back end has its own way, see {@link
 * aerostat.mmio.memory.RamBackend} and its implementations.
 *
 * <p><b>No huge pages.</b> They would be worth having: on 512 MiB, first touch took 108 ms instead
 * of 417, a random load 18 ns instead of 25. But a balloon works by single pages, and then they
 * undo it: with all but one page of each 2 MiB discarded (1 MiB resident), the collapsing daemon
 * had brought 32 MiB back after 25 s, and one touch a 2 MiB block brought back all 512. Moreover a
 * page dropped out of the middle of a huge one is not free until the host runs short, whatever
 * smaps says. So every mapping is advised against them; that also holds where the host's default is
 * "always".
 *
 * <p><b>The resident count is smaps's</b>, not {@code mincore}'s: that one counts the shared zero
 * page, which a mere read of untouched memory maps and which costs nothing.
 *
 * <p><b>Reading is free on anonymous memory only.</b> To read a hole of a shared memory file
 * allocates its page. Whoever walks all of RAM (a migration, a hash) should skip the pages that
 * {@link aerostat.mmio.memory.PageOwners} says the host holds.
 */
@NullMarked
package aerostat.mmio.memory;

import org.jspecify.annotations.NullMarked;
