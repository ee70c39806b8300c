package aerostat.vmm.migration;

import aerostat.mmio.memory.GuestMemory;
import java.io.IOException;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A stream that a test writes message by message, and what the real loader makes of it. */
final class WrittenStream implements AutoCloseable {
  static final UUID ID = new UUID(7, 8);

  final FakeGuest guest;
  final WireWriter out;
  final DirtyPages dirty;
  final PageSender sender;
  private final MemoryTransport.Pipe pipe = new MemoryTransport.Pipe();

  /** SETUP and image of a fresh guest, whose log is on. */
  WrittenStream(long memory, boolean verify) throws IOException {
    guest = FakeGuest.fresh(memory);
    out = new WireWriter(new MemoryTransport(new MemoryTransport.Pipe(), pipe));
    dirty = new DirtyPages(guest, new PlantedErrors());
    dirty.begin();
    sender = new PageSender(guest.memory, out, dirty, new MigrationStats(ID, memory), total -> {});
    SourceStream.setup(SetupMessage.of(ID, guest, verify, 0), guest.imageBytes(), out);
  }

  /** State and FINAL. */
  void end(@Nullable FreeSet free) throws IOException {
    end(false, free);
  }

  void end(boolean verify, @Nullable FreeSet free) throws IOException {
    SourceStream.state(
        guest,
        verify ? new aerostat.mmio.memory.PageBitmap(guest.memory.pages()) : null,
        free,
        out);
    out.send(new HandoverMessage.Final(ID, 0, out.pausedDigest(), true));
  }

  byte[] bytes() {
    return pipe.pending();
  }

  /** The guest that came of it, to be closed by the caller; an exception is the refusal. */
  static FakeGuest load(byte[] stream) throws IOException {
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

  static long address(long page) {
    return GuestMemory.RAM_BASE + (page << GuestMemory.PAGE_SHIFT);
  }

  @Override
  public void close() {
    guest.close();
  }
}
