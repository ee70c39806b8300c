package aerostat.vmm.migration;

import aerostat.mmio.memory.PageBitmap;
import aerostat.vmm.migration.control.MigrationStats;
import aerostat.vmm.migration.guest.MovableGuest;
import aerostat.vmm.migration.guest.SetupMessage;
import aerostat.vmm.migration.pages.DirtyPages;
import aerostat.vmm.migration.pages.PageSender;
import aerostat.vmm.migration.pages.PlantedErrors;
import aerostat.vmm.migration.pages.SourceStream;
import aerostat.vmm.migration.transport.MemoryTransport;
import aerostat.vmm.migration.wire.HandoverMessage;
import aerostat.vmm.migration.wire.WireWriter;
import java.io.IOException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What a source sends for a guest that stands still, for those who try what a receiver takes. */
public final class StreamSample {
  private StreamSample() {}

  /**
   * SETUP to FINAL on one connection, with one round before the pause. The guest's dirty log is
   * cleared, as at the beginning of each migration.
   *
   * @param verify whether checksums of all pages go as well; not with missing pages
   * @param missing pages that stay behind (postcopy), or null
   */
  public static byte[] of(
      MovableGuest guest, UUID uuid, boolean verify, @Nullable PageBitmap missing)
      throws IOException {
    MemoryTransport.Pipe pipe = new MemoryTransport.Pipe();
    WireWriter out = new WireWriter(new MemoryTransport(new MemoryTransport.Pipe(), pipe));
    DirtyPages dirty = new DirtyPages(guest, new PlantedErrors());
    dirty.begin();
    SourceStream.setup(SetupMessage.of(uuid, guest, verify, 0), guest.imageBytes(), out);
    if (missing != null) {
      dirty.takeOut(missing);
    }
    MigrationStats stats = new MigrationStats(uuid, guest.memory().size());
    new PageSender(guest.memory(), out, dirty, stats, total -> {}).round();
    SourceStream.barrier(1, 0, out);
    out.paused();
    if (missing != null) {
      SourceStream.missing(missing, out);
    }
    SourceStream.state(guest, verify ? dirty.free() : null, null, out);
    out.send(new HandoverMessage.Final(uuid, 0, out.pausedDigest(), true));
    return pipe.pending();
  }
}
