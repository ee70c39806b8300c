package aerostat.vmm.migration.pages;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class ReadAheadTest {
  private static final long PAGES = 5 * 1024 + 7;

  private static GuestMemory memory() {
    return GuestMemory.anonymous(PAGES << GuestMemory.PAGE_SHIFT);
  }

  @Test
  @Timeout(60)
  void whatIsNeededIsMapped_andWhatIsNotWantedIsLeftAlone() {
    try (GuestMemory memory = memory()) {
      PageBitmap wanted = new PageBitmap(PAGES);
      wanted.setRange(3, 1500);
      wanted.setRange(3000, PAGES);
      try (ReadAhead ahead = new ReadAhead(memory, wanted)) {
        for (long page = 0; page < PAGES; page += 256) {
          ahead.need(page, Math.min(PAGES, page + 256));
        }
        PageBitmap absent = memory.absentPages();
        absent.and(wanted);
        assertThat(absent.cardinality()).as("mapped, without reading").isZero();
        assertThat(memory.absentPages().cardinality()).isEqualTo(3 + 1500);
      }
      assertThat(memory.isZero(GuestMemory.RAM_BASE, memory.size())).isTrue();
    }
  }

  @Test
  @Timeout(60)
  void memoryThatIsClosedMeanwhile_endsTheThreadAlone() throws InterruptedException {
    GuestMemory memory = memory();
    PageBitmap wanted = new PageBitmap(PAGES);
    wanted.setRange(0, PAGES);
    try (ReadAhead ahead = new ReadAhead(memory, wanted)) {
      memory.close();
      ahead.join();
    }
  }
}
