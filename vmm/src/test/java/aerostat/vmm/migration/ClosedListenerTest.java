package aerostat.vmm.migration;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.machine.MachineConfig;
import aerostat.vmm.machine.MachineSlot.ExpectedConfig;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.guest.GuestHost;
import aerostat.vmm.migration.guest.MovableGuest;
import aerostat.vmm.migration.transport.Connections;
import aerostat.vmm.migration.transport.MemoryTransport;
import aerostat.vmm.migration.transport.MigrationAddress;
import aerostat.vmm.migration.transport.Transport;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** A listener that is closed while a guest comes whose last bytes have arrived. */
class ClosedListenerTest {
  private static final long MEMORY = 2 << 20;

  /** A place whose listener is closed as the guest is being built. */
  private static final class Place implements GuestHost {
    private final CompletableFuture<FakeGuest> built = new CompletableFuture<>();
    private @Nullable MigrationService service;

    @Override
    public @Nullable MovableGuest present() {
      return null;
    }

    @Override
    public ExpectedConfig expected() {
      return ExpectedConfig.NONE;
    }

    @Override
    public MovableGuest build(MachineConfig config, byte[] image) {
      FakeGuest guest = new FakeGuest(config, image, RunState.INMIGRATE);
      Objects.requireNonNull(service).close();
      built.complete(guest);
      return guest;
    }

    @Override
    public void install(MovableGuest guest) {
      throw new AssertionError("nobody gave the guest");
    }

    @Override
    public void remove() {}
  }

  /** One connection, all of whose bytes can be read even after it was closed. */
  private static final class Arrived implements Connections, Connections.Listening {
    private final CompletableFuture<Thread> reader = new CompletableFuture<>();
    private @Nullable Transport only;

    Arrived(byte[] stream) {
      Transport all =
          new MemoryTransport(MemoryTransport.Pipe.of(stream), new MemoryTransport.Pipe());
      only =
          new Transport() {
            @Override
            public void write(ByteBuffer[] buffers, int count) throws IOException {
              all.write(buffers, count);
            }

            @Override
            public void read(ByteBuffer into) throws IOException {
              reader.complete(Thread.currentThread());
              all.read(into);
            }

            @Override
            public boolean awaitReadable(long timeoutNanos) throws IOException {
              return all.awaitReadable(timeoutNanos);
            }

            @Override
            public void patience(long nanos) {}

            @Override
            public void stopWhen(BooleanSupplier condition) {}

            @Override
            public void wake() {}

            @Override
            public void close() {}
          };
    }

    @Override
    public Transport connect(MigrationAddress address, long timeoutNanos, BooleanSupplier stop)
        throws IOException {
      throw new IOException("only here");
    }

    @Override
    public Listening listen(MigrationAddress wanted) {
      return this;
    }

    @Override
    public MigrationAddress address() {
      return MigrationAddress.parse("tcp:memory:1");
    }

    @Override
    public synchronized Transport accept() throws IOException {
      Transport next = only;
      only = null;
      if (next == null) {
        throw new ClosedChannelException();
      }
      return next;
    }

    @Override
    public void close() {}
  }

  @Test
  void leavesNoGuestBehind() throws Exception {
    byte[] stream;
    FakeGuest source = FakeGuest.fresh(MEMORY);
    try {
      stream = StreamSample.of(source, new UUID(1, 2), true, null);
    } finally {
      source.close();
    }
    Place place = new Place();
    Arrived arrived = new Arrived(stream);
    try (MigrationService service = new MigrationService(place, arrived)) {
      place.service = service;
      var unused = service.listen("tcp:memory:1");
      FakeGuest guest = place.built.get(20, TimeUnit.SECONDS);
      arrived.reader.get(20, TimeUnit.SECONDS).join(20_000);
      assertThat(guest.closed).isTrue();
    }
  }
}
