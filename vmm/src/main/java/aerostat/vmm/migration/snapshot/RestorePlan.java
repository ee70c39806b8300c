package aerostat.vmm.migration.snapshot;

import aerostat.mmio.memory.FileLayer;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageBitmap;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Where each page of a chain comes from: the newest file that says something of it. Long runs of
 * diffs are mapped over the first file, so that a restore reads nothing of them; short ones are
 * copied, for a mapping costs more than they do and a process may have so many.
 */
final class RestorePlan {
  /** A run of fewer pages is copied. */
  static final int LEAST_MAPPED = 32;

  /** Mappings for diffs, whatever the chain; a quarter of what discards may take. */
  static final int MOST_MAPPED = 4096;

  private static final int PAGE = GuestMemory.PAGE_SIZE;
  private static final int CHUNK = 256;

  private record Part(SnapshotFile file, long first, long end, boolean zero) {
    long pages() {
      return end - first;
    }
  }

  private final List<Part> mapped = new ArrayList<>();
  private final List<Part> applied = new ArrayList<>();

  private RestorePlan() {}

  static RestorePlan of(SnapshotChain chain) {
    RestorePlan plan = new RestorePlan();
    PageBitmap decided = new PageBitmap(chain.newest().header().pages());
    List<SnapshotFile> files = chain.files();
    for (SnapshotFile file : files.subList(1, files.size()).reversed()) {
      for (PageIndex.Run run : file.index().runs()) {
        plan.add(file, run, decided);
      }
    }
    boolean fits = GuestMemory.hostPages() == PAGE;
    plan.mapped.sort(Comparator.comparingLong(Part::pages).reversed());
    int most = fits ? Math.min(MOST_MAPPED, plan.mapped.size()) : 0;
    List<Part> rest = plan.mapped.subList(most, plan.mapped.size());
    plan.applied.addAll(rest);
    rest.clear();
    return plan;
  }

  private void add(SnapshotFile file, PageIndex.Run run, PageBitmap decided) {
    for (long page = decided.nextClear(run.first()); page < run.end(); ) {
      long set = decided.nextSet(page);
      long end = set < 0 ? run.end() : Math.min(run.end(), set);
      Part part = new Part(file, page, end, run.zero());
      (part.zero() || part.pages() < LEAST_MAPPED ? applied : mapped).add(part);
      decided.setRange(page, end);
      page = decided.nextClear(end);
    }
  }

  /** What is to be mapped. */
  List<FileLayer> layers() {
    return mapped.stream()
        .map(
            part ->
                new FileLayer(
                    part.file().path(),
                    SnapshotHeader.RAM_OFFSET + part.first() * PAGE,
                    part.first() * PAGE,
                    part.pages() * PAGE))
        .toList();
  }

  /** The rest, into memory that has the layers. */
  void apply(GuestMemory memory) throws IOException {
    for (Part part : applied) {
      if (part.zero()) {
        memory.discard(GuestMemory.RAM_BASE + part.first() * PAGE, part.pages() * PAGE);
        continue;
      }
      for (long page = part.first(); page < part.end(); page += CHUNK) {
        long count = Math.min(CHUNK, part.end() - page);
        part.file().pages(page, memory.segment().asSlice(page * PAGE, count * PAGE).asByteBuffer());
      }
    }
  }
}
