package aerostat.vmm.migration;

import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.migration.control.MigrationStats;
import aerostat.vmm.migration.destination.StreamLoader;
import aerostat.vmm.migration.guest.SetupMessage;
import aerostat.vmm.migration.pages.DirtyPages;
import aerostat.vmm.migration.pages.FreeSet;
import aerostat.vmm.migration.pages.PageSender;
import aerostat.vmm.migration.pages.PlantedErrors;
import aerostat.vmm.migration.pages.SourceStream;
import aerostat.vmm.migration.transport.MemoryTransport;
import aerostat.vmm.migration.wire.HandoverMessage;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.WireHeader;
import aerostat.vmm.migration.wire.WireWriter;
import java.io.IOException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A stream that a test writes message by message, and what the real loader makes of it. */
public final class WrittenStream implements AutoCloseable {
  static final UUID ID = new UUID(7, 8);

  public final FakeGuest guest;
  public final WireWriter out;
  public final DirtyPages dirty;
  public final PageSender sender;
  private final MemoryTransport.Pipe pipe = new MemoryTransport.Pipe();

  /** SETUP and image of a fresh guest, whose log is on. */
  public WrittenStream(long memory, boolean verify) throws IOException {
    guest = FakeGuest.fresh(memory);
    out = new WireWriter(new MemoryTransport(new MemoryTransport.Pipe(), pipe));
    dirty = new DirtyPages(guest, new PlantedErrors());
    dirty.begin();
    sender = new PageSender(guest.memory, out, dirty, new MigrationStats(ID, memory), total -> {});
    SourceStream.setup(SetupMessage.of(ID, guest, verify, 0), guest.imageBytes(), out);
  }

  /** State and FINAL. */
  public void end(@Nullable FreeSet free) throws IOException {
    end(false, free);
  }

  public void end(boolean verify, @Nullable FreeSet free) throws IOException {
    SourceStream.state(
        guest,
        verify ? new aerostat.mmio.memory.PageBitmap(guest.memory.pages()) : null,
        free,
        out);
    out.send(new HandoverMessage.Final(ID, 0, out.pausedDigest(), true));
  }

  public byte[] bytes() {
    return pipe.pending();
  }

  /** The guest that came of it, to be closed by the caller; an exception is the refusal. */
  public static FakeGuest load(byte[] stream) throws IOException {
    try (FakeHost host = new FakeHost()) {
      Link link =
          new Link(
              new MemoryTransport(MemoryTransport.Pipe.of(stream), new MemoryTransport.Pipe()));
      WireHeader header = link.in().next();
      link.expect(header, MessageType.SETUP);
      SetupMessage setup = SetupMessage.decode(link.in().fields(), link.in().version());
      try (StreamLoader loader = new StreamLoader(link, host, setup, (l, h) -> {})) {
        loader.accept();
        loader.load();
        return (FakeGuest) loader.take();
      }
    }
  }

  public static long address(long page) {
    return GuestMemory.RAM_BASE + (page << GuestMemory.PAGE_SHIFT);
  }

  @Override
  public void close() {
    guest.close();
  }
}
