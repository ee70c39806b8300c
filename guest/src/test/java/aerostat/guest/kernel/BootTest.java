package aerostat.guest.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.PageAlloc;
import aerostat.guest.plain.PlainFault;
import aerostat.guest.plain.PlainKernel;
import aerostat.guest.plain.PlainMachine;
import aerostat.guest.plain.PlainPowerOff;
import org.junit.jupiter.api.Test;

/** The whole kernel on the plain machine. */
class BootTest {
  @Test
  void bootsRunsInitAndPowersOff() {
    String console =
        PlainKernel.run(
            128 << 20,
            "quiet=1 loglevel=7 nosuch=5 bare",
            () -> {
              Sched.msleep(10);
              long page = PageAlloc.getFreePages(Gfp.GFP_KERNEL, 3);
              Printk.info("got %lx\n", page);
              PageAlloc.freePagesAt(page, 3);
              Params.reportUnknown();
            });
    assertThat(console)
        .contains("Aerostat guest kernel\n")
        .contains("Command line: quiet=1 loglevel=7 nosuch=5 bare\n")
        .contains("Unknown kernel command line parameters \"nosuch=5\"")
        .contains("Unknown kernel command line parameters \"bare\"")
        .contains("] got 4")
        .endsWith("reboot: Power down\n");
    assertThat(console.lines()).allMatch(line -> line.matches("\\[ {4}\\d\\.\\d{6}] .*"));
  }

  @Test
  void theRealInitIdlesUntilNothingIsLeft() {
    PlainMachine.reset(64 << 20);
    assertThatThrownBy(() -> Entry.start(PlainMachine.bootParams("")))
        .isInstanceOfAny(PlainFault.class, PlainPowerOff.class);
    assertThat(PlainMachine.mmio().console()).contains("Memory: ").doesNotContain("panic");
  }

  @Test
  void bugEndsTheGuestWithItsWords() {
    assertThatThrownBy(() -> PlainKernel.run(64 << 20, "", () -> Bug.bug("nonsense")))
        .isInstanceOf(PlainFault.class)
        .hasMessageContaining("Kernel panic - not syncing: nonsense");
  }
}
