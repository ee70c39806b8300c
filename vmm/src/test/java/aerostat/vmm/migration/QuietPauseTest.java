package aerostat.vmm.migration;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.machine.MachineEvent;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.guest.HeldEvents;
import aerostat.vmm.migration.transport.Connections;
import aerostat.vmm.migration.transport.MigrationAddress;
import aerostat.vmm.migration.transport.SocketConnections;
import aerostat.vmm.migration.transport.Transport;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.WireHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What must not lengthen a pause: data under way, and telling of events. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class QuietPauseTest {
  private static final long MIB = 1 << 20;
  private static final int TYPE = 6;
  private static final int FLAGS = 7;

  /** What the source writes, and whether its guest runs meanwhile. */
  private static final class Watching implements Connections {
    final List<String> written = new ArrayList<>();
    private final FakeGuest guest;

    Watching(FakeGuest guest) {
      this.guest = guest;
    }

    @Override
    public Transport connect(MigrationAddress address, long timeoutNanos, BooleanSupplier stop)
        throws IOException {
      Transport plain = new SocketConnections().connect(address, timeoutNanos, stop);
      return new PassingTransport(plain) {
        @Override
        public void write(ByteBuffer[] buffers, int count) throws IOException {
          int type = buffers[0].get(buffers[0].position() + TYPE);
          boolean paused = (buffers[0].get(buffers[0].position() + FLAGS) & WireHeader.PAUSED) != 0;
          written.add(
              MessageType.of(type)
                  + (paused ? " paused" : "")
                  + (guest.state() == RunState.RUNNING ? " running" : ""));
          super.write(buffers, count);
        }
      };
    }

    @Override
    public Listening listen(MigrationAddress wanted) throws IOException {
      return new SocketConnections().listen(wanted);
    }
  }

  @Test
  void theGuestIsPausedOnceAllIsInPlace() throws Exception {
    FakeGuest guest = FakeGuest.fresh(8 * MIB);
    Watching way = new Watching(guest);
    try (FakeHost a = FakeHost.with(guest, way);
        FakeHost b = new FakeHost()) {
      guest.fillRandom(3 * MIB, MIB);
      guest.start();
      a.service.migrate(b.service.listen("tcp:127.0.0.1:0"));
      assertThat(a.await("completed", "failed")).isEqualTo("completed");
      b.await("completed");
    }
    int asked = way.written.indexOf("ARRIVED running");
    assertThat(asked).as(() -> way.written.toString()).isPositive();
    assertThat(way.written.subList(0, asked)).noneMatch(w -> w.contains("paused"));
    assertThat(way.written.get(asked + 1)).endsWith(" paused");
  }

  @Test
  void eventsOfThePauseComeLaterAndInOrder() {
    List<String> told = new ArrayList<>();
    HeldEvents events = new HeldEvents(event -> told.add(event.name()));
    events.accept(new MachineEvent("first", ""));
    events.hold();
    events.accept(new MachineEvent("second", ""));
    events.accept(new MachineEvent("third", ""));

    assertThat(told).containsExactly("first");
    events.release();
    events.accept(new MachineEvent("fourth", ""));

    assertThat(told).containsExactly("first", "second", "third", "fourth");
    assertThat(events.held()).isFalse();
  }
}
