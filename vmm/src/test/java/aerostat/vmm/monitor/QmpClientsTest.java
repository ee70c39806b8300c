package aerostat.vmm.monitor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Several clients at once: events, and what one may do to another. */
class QmpClientsTest extends MonitorFixture {
  @Test
  void eventsReachEveryNegotiatedClientWithATimestamp() throws IOException {
    try (RawClient one = RawClient.negotiated(endpoint);
        RawClient two = RawClient.negotiated(endpoint);
        RawClient silent = new RawClient(endpoint)) {
      silent.receive();
      monitor.event("MIGRATION_PASS", Map.of("pass", 3));

      for (RawClient client : List.of(one, two)) {
        Map<String, @Nullable Object> event = client.receive();
        assertThat(event.get("event")).isEqualTo("MIGRATION_PASS");
        assertThat(event.get("data")).isEqualTo(Map.of("pass", 3L));
        Map<String, @Nullable Object> time = QmpClient.asObject(event.get("timestamp"));
        assertThat((Long) time.get("seconds")).isGreaterThan(1_500_000_000L);
        assertThat((Long) time.get("microseconds")).isBetween(0L, 999_999L);
      }
      assertThat(silent.ask("{\"execute\":\"qmp_capabilities\"}")).containsKey("return");
    }
  }

  @Test
  void anEventWithoutDataHasNoSuchMember() throws IOException {
    try (RawClient client = RawClient.negotiated(endpoint)) {
      monitor.event("STOP", Map.of());
      assertThat(client.receive()).containsOnlyKeys("event", "timestamp");
    }
  }

  @Test
  void aClientThatReadsNoEventsIsDroppedAndBlocksNobody() throws IOException {
    try (RawClient slow = new RawClient(endpoint, 4096);
        RawClient other = RawClient.negotiated(endpoint)) {
      slow.receive();
      slow.ask("{\"execute\":\"qmp_capabilities\"}");
      String text = "x".repeat(10_000);
      // Far more than both socket buffers and the outbox hold; the other reads all of it.
      for (int i = 0; i < 2_000; i++) {
        monitor.event("X", Map.of("n", i, "text", text));
        assertThat(QmpClient.asObject(other.receive().get("data")).get("n")).isEqualTo((long) i);
      }

      assertThat(endOf(slow)).isTrue();
      assertThat(other.ask("{\"execute\":\"query-version\"}")).containsKey("return");
    }
  }

  /** Whether the stream ends, by an end or a reset, before the time limit. */
  private static boolean endOf(RawClient client) {
    try {
      while (!client.receive().isEmpty()) {
        // What was under way when the client was dropped.
      }
      return true;
    } catch (SocketTimeoutException e) {
      return false;
    } catch (IOException | UncheckedIOException cut) {
      return true;
    }
  }

  @Test
  void aClientThatReadsNoAnswersIsNotReadFrom() throws Exception {
    try (RawClient client = RawClient.negotiated(endpoint)) {
      String request =
          "{\"execute\":\"echo\",\"arguments\":{\"value\":1,\"text\":\""
              + "y".repeat(50_000)
              + "\"}}\n";
      Thread sender =
          Thread.startVirtualThread(
              () -> {
                try {
                  for (int i = 0; i < 400; i++) {
                    client.send(request);
                  }
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              });
      try (RawClient other = RawClient.negotiated(endpoint)) {
        assertThat(other.ask("{\"execute\":\"query-version\"}")).containsKey("return");
      }
      for (int i = 0; i < 400; i++) {
        assertThat(client.receive()).containsKey("return");
      }
      sender.join();
    }
  }

  @Test
  void aCommandThatFindsNoMemoryEndsItsOwnSessionOnly() throws IOException {
    try (RawClient one = RawClient.negotiated(endpoint);
        RawClient two = RawClient.negotiated(endpoint)) {
      one.send("{\"execute\":\"exhaust\"}");
      assertThat(endOf(one)).isTrue();
      assertThat(two.ask("{\"execute\":\"query-version\"}")).containsKey("return");
    }
  }

  @Test
  void aLongQueryHoldsNoOtherClientUp() throws IOException {
    try (RawClient one = RawClient.negotiated(endpoint);
        RawClient two = RawClient.negotiated(endpoint)) {
      one.send("{\"execute\":\"long-query\"}");
      assertThat(two.ask("{\"execute\":\"query-version\"}")).containsKey("return");
      release.countDown();
      assertThat(one.receive()).isEqualTo(Map.of("return", Map.of("released", true)));
    }
  }

  @Test
  void clientsBeyondTheLimitAreTurnedAway() throws IOException {
    List<RawClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < Monitor.MAX_SESSIONS; i++) {
        clients.add(RawClient.negotiated(endpoint));
      }
      try (RawClient extra = new RawClient(endpoint)) {
        assertThat(String.valueOf(extra.receive().get("error")))
            .contains(Monitor.MAX_SESSIONS + " clients are connected already");
        assertThat(endOf(extra)).isTrue();
      }
      assertThat(clients.getFirst().ask("{\"execute\":\"query-version\"}")).containsKey("return");
      // Whoever has seen the end of one finds its place free at once.
      for (int i = 0; i < 100; i++) {
        RawClient last = clients.removeLast();
        last.shutdownOutput();
        assertThat(endOf(last)).isTrue();
        last.close();
        clients.add(RawClient.negotiated(endpoint));
      }
    } finally {
      for (RawClient client : clients) {
        client.close();
      }
    }
  }

  @Test
  void severalServersShareTheEvents() throws IOException {
    Endpoint second = monitor.listen(new Endpoint.Tcp("127.0.0.1", 0)).endpoint();
    try (RawClient one = RawClient.negotiated(endpoint);
        RawClient two = RawClient.negotiated(second)) {
      monitor.event("RESUME", Map.of());
      assertThat(one.receive().get("event")).isEqualTo("RESUME");
      assertThat(two.receive().get("event")).isEqualTo("RESUME");
    }
  }
}
