package aerostat.guest.mm;

import aerostat.guest.kernel.Printk;
import aerostat.guest.machine.Bounded;
import aerostat.guest.machine.Cpu;

/** dump_page (mm/debug.c). */
final class DumpPage {
  private DumpPage() {}

  /** Says what is known of the page, and why anybody asks. */
  @Bounded(1)
  static void dump(Page page, String reason) {
    Printk.pr(
        Printk.WARNING,
        "page: refcount:%d mapping:%p index:%#lx pfn:%#lx\n",
        page.refcount(),
        page.mapping(),
        page.index(),
        page.pfn());
    Printk.pr(
        Printk.WARNING,
        "flags: %#x type:%#lx order:%d\n",
        page.flags(),
        page.type() >>> 32,
        page.order());
    Printk.pr(Printk.WARNING, "page dumped because: %s\n", Cpu.string(reason));
  }
}
