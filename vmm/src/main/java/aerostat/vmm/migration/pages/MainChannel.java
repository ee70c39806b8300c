package aerostat.vmm.migration.pages;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.migration.wire.WireWriter;
import java.io.IOException;

/** All pages on the connection that carries everything else as well. */
public final class MainChannel implements PageChannels {
  private final WireWriter out;
  private final PageBatch batch;

  public MainChannel(GuestMemory memory, WireWriter out) {
    this.out = out;
    this.batch = new PageBatch(memory);
  }

  @Override
  public PageBatch take() {
    return batch;
  }

  @Override
  public void send(PageBatch full) throws IOException {
    full.send(out);
  }

  @Override
  public void barrier(int round, long dirtyPages) throws IOException {
    SourceStream.barrier(round, dirtyPages, out);
  }

  @Override
  public void paused() {
    out.paused();
  }

  @Override
  public long bytes() {
    return out.bytes();
  }

  @Override
  public String pausedDigest() {
    return out.pausedDigest();
  }

  @Override
  public void close() {}
}
