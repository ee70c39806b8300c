package aerostat.vmm.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.vmm.migration.transport.Connections;
import aerostat.vmm.migration.transport.MemoryTransport;
import aerostat.vmm.migration.transport.MigrationAddress;
import aerostat.vmm.migration.transport.SocketConnections;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.MigrationRefusedException;
import aerostat.vmm.migration.wire.PayloadWriter;
import aerostat.vmm.migration.wire.WireLimits;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A peer that is refused in mid-sentence reads the reason, not only that its pipe is broken. */
@Timeout(30)
class RefusalTest {
  private static final int MESSAGES = 8;

  private interface Refusing {
    void refuse(Link link) throws IOException;
  }

  private static String outcome(Refusing refusing) throws Exception {
    Connections sockets = new SocketConnections();
    try (Connections.Listening listening =
        sockets.listen(MigrationAddress.parse("tcp:127.0.0.1:0"))) {
      CompletableFuture<Void> peer =
          CompletableFuture.runAsync(
              () -> {
                try (Link link = new Link(listening.accept())) {
                  link.in().next();
                  refusing.refuse(link);
                } catch (IOException e) {
                  throw new IllegalStateException(e);
                }
              });
      try (Link link =
          new Link(
              sockets.connect(listening.address(), TimeUnit.SECONDS.toNanos(5), () -> false))) {
        link.transport().patience(TimeUnit.SECONDS.toNanos(10));
        for (int i = 0; i < MESSAGES; i++) {
          byte[] run = new PayloadWriter().u64(2).u32(WireLimits.MAX_DATA_PAGES).done();
          link.out().send(MessageType.PAGES, run, ByteBuffer.allocateDirect(1 << 20));
        }
        assertThatThrownBy(() -> link.expect(link.in().next(), MessageType.ACCEPT))
            .isInstanceOf(MigrationRefusedException.class);
        return "refused";
      } catch (IOException e) {
        return String.valueOf(e.getMessage());
      } finally {
        peer.get(10, TimeUnit.SECONDS);
      }
    }
  }

  @Test
  void theReasonArrives_howeverMuchIsOnItsWay() throws Exception {
    for (int i = 0; i < 5; i++) {
      assertThat(
              outcome(
                  link -> {
                    link.refuse("no");
                    link.linger();
                  }))
          .isEqualTo("refused");
    }
  }

  @Test
  void withoutAMomentItWouldNot() throws Exception {
    assertThat(outcome(link -> link.refuse("no"))).isNotEqualTo("refused");
  }

  @Test
  void aPeerThatNeverStops_isNotWaitedForLong() throws Exception {
    MemoryTransport.Pipe endless = new MemoryTransport.Pipe();
    Link link =
        new Link(
            new MemoryTransport(endless, new MemoryTransport.Pipe()) {
              @Override
              public void read(ByteBuffer into) {
                into.position(into.limit());
              }
            });
    long begin = System.nanoTime();
    link.linger();
    assertThat(System.nanoTime() - begin).isLessThan(TimeUnit.SECONDS.toNanos(10));
  }
}
