package aerostat.devices.balloon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.devices.clock.DeviceClock;
import aerostat.mmio.mock.MockPackedRing;
import aerostat.mmio.mock.MockRing;
import aerostat.mmio.virtio.Virtio;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatsTest {
  private static final long SECOND = 1_000_000_000L;

  private final BalloonRig rig = new BalloonRig();
  private final MockRing ring = rig.start(4)[2];

  @AfterEach
  void close() {
    rig.close();
  }

  /** Pairs of tag and value. */
  private static byte[] entries(long... pairs) {
    ByteBuffer bytes = ByteBuffer.allocate(pairs.length * 5).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < pairs.length; i += 2) {
      bytes.putShort((short) pairs[i]).putLong(pairs[i + 1]);
    }
    return bytes.array();
  }

  private int post(long... pairs) {
    return ring.send(rig.driver.out(entries(pairs)));
  }

  private void advance(long nanos) {
    rig.now += nanos;
    rig.clock.runDue();
  }

  @Test
  @DisplayName("DEV-20, STATS-01, STATS-03: the first buffer is kept, its values are read at once")
  void kept() {
    assertThat(rig.host().stats().values()).as("none came").containsOnly(-1L);
    post(4, 111, 5, 222, 15, -2);
    assertThat(ring.usedIndex()).isZero();
    assertThat(rig.host().stats())
        .hasSize(16)
        .containsEntry("stat-free-memory", 111L)
        .containsEntry("stat-total-memory", 222L)
        .containsEntry("stat-direct-reclaims", -2L)
        .containsEntry("stat-swap-in", -1L);
    assertThat(rig.host().statsLastUpdate()).isEqualTo(1_000_000);
    assertThat(rig.host().stats().keySet())
        .startsWith("stat-swap-in", "stat-swap-out", "stat-major-faults", "stat-minor-faults");
  }

  @Test
  @DisplayName("DEV-23, DEV-20, STATS-02: first use fires at once, then every interval")
  void polling() {
    int head = post(4, 1);
    rig.host().setStatsPollingInterval(2);
    assertThat(ring.usedIndex()).isZero();
    advance(0);
    assertThat(ring.poll()).isEqualTo(new MockRing.Used(head, 0));
    assertThat(rig.driver.acknowledge()).isEqualTo(1);
    advance(10 * SECOND); // the driver has not answered: no second request
    assertThat(ring.poll()).isNull();
    rig.wall += 10;
    head = post(4, 2);
    assertThat(rig.host().statsLastUpdate()).isEqualTo(1_000_010);
    advance(2 * SECOND - 1);
    assertThat(ring.poll()).isNull();
    advance(1);
    assertThat(ring.poll()).isEqualTo(new MockRing.Used(head, 0));
  }

  @Test
  @DisplayName("DEV-21: without a buffer the timer is only armed again")
  void nothingHeld() {
    rig.host().setStatsPollingInterval(1);
    advance(0);
    assertThat(rig.clock.nextDeadline()).isEqualTo(rig.now + SECOND);
    post(4, 1);
    advance(SECOND);
    assertThat(ring.usedIndex()).isEqualTo(1);
  }

  @Test
  @DisplayName("EDGE-57: statistics refused by the driver: the timer re-arms, nothing is pushed")
  void refusedByDriver() {
    rig.start(0, 2);
    rig.host().setStatsPollingInterval(1);
    advance(5 * SECOND);
    assertThat(rig.clock.nextDeadline()).isEqualTo(rig.now + SECOND);
    assertThat(rig.driver.interruptStatus()).isZero();
  }

  @Test
  @DisplayName("DEV-20: 0 switches off, negative is refused, unchanged is nothing")
  void intervals() {
    rig.host().setStatsPollingInterval(5);
    long deadline = rig.clock.nextDeadline();
    rig.now += SECOND;
    rig.host().setStatsPollingInterval(5);
    assertThat(rig.clock.nextDeadline()).isEqualTo(deadline);
    rig.host().setStatsPollingInterval(3);
    assertThat(rig.clock.nextDeadline()).isEqualTo(rig.now + 3 * SECOND);
    rig.host().setStatsPollingInterval(0);
    assertThat(rig.clock.nextDeadline()).isEqualTo(DeviceClock.NEVER);
    assertThatThrownBy(() -> rig.host().setStatsPollingInterval(-1))
        .isInstanceOf(IllegalArgumentException.class);
    rig.host().setStatsPollingInterval(Integer.MAX_VALUE);
    assertThat(rig.host().statsPollingInterval()).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  @DisplayName("DEV-22, EDGE-14: of two buffers the first is returned, the second kept")
  void twoBuffers() {
    int first = post(4, 1);
    int second = post(4, 2);
    assertThat(ring.poll()).isEqualTo(new MockRing.Used(first, 0));
    assertThat(ring.poll()).isNull();
    assertThat(rig.host().stats()).containsEntry("stat-free-memory", 2L);
    rig.host().setStatsPollingInterval(1);
    advance(0);
    assertThat(ring.poll()).isEqualTo(new MockRing.Used(second, 0));
  }

  @ParameterizedTest(
      name = "FEAT-DEV-05: buffers go back in the order in which they came, packed {0}")
  @ValueSource(booleans = {false, true})
  void inOrder(boolean packed) {
    BalloonOptions options =
        BalloonOptions.DEFAULT
            .with(BalloonProperty.IN_ORDER, true)
            .with(BalloonProperty.PACKED, packed);
    try (BalloonRig each = new BalloonRig(options, false)) {
      each.driver.negotiate(BalloonRig.ALL);
      ToIntFunction<MockRing.Part> send;
      Supplier<MockRing.@Nullable Used> poll;
      if (packed) {
        MockPackedRing own = each.driver.setUpPackedQueue(2, 4);
        send = own::send;
        poll = own::poll;
      } else {
        MockRing own = each.driver.setUpQueue(2, 4);
        send = own::send;
        poll = own::poll;
      }
      each.driver.ready();
      assertThat(each.transport.features() & Virtio.F_IN_ORDER).isNotZero();
      List<Integer> sent = new ArrayList<>();
      List<Integer> used = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        sent.add(send.applyAsInt(each.driver.out(entries(4, i))));
        MockRing.Used back = poll.get();
        if (back != null) {
          used.add(back.head());
        }
      }
      assertThat(used).isEqualTo(sent.subList(0, 3));
      assertThat(each.host().stats()).containsEntry("stat-free-memory", 3L);
    }
  }

  @Test
  @DisplayName("BALLOON-DEV-04, BALLOON-DEV-05, EDGE-15: any order, unknown tags and short tails")
  void strangeBuffers() {
    byte[] good = entries(65535, 9, 5, 7, 16, 1, 4, 6);
    byte[] tailed = java.util.Arrays.copyOf(good, good.length + 9);
    ring.send(rig.driver.out(tailed));
    assertThat(rig.host().stats())
        .containsEntry("stat-total-memory", 7L)
        .containsEntry("stat-free-memory", 6L)
        .containsEntry("stat-swap-in", -1L);
    assertThat(rig.counted(BalloonCounter.STATS_UNKNOWN)).isEqualTo(2);
    // Values that a later buffer leaves out are unset again (DEV-22).
    post(0, 1);
    assertThat(rig.host().stats()).containsEntry("stat-total-memory", -1L);
  }

  @Test
  @DisplayName("Firecracker 5794: the buffer's length is the guest's word; the read is bounded")
  void hugeBuffer() {
    ring.send(MockRing.out(BalloonRig.FREE, 4 << 20));
    assertThat(rig.broken()).isFalse();
    assertThat(rig.counted(BalloonCounter.STATS_UPDATES)).isEqualTo(1);
    assertThat(rig.host().stats()).containsEntry("stat-swap-in", 0L);
  }

  @Test
  @DisplayName("DEV-24, EDGE-16: a reset forgets the held buffer; a new driver starts afresh")
  void reset() {
    post(4, 1);
    rig.driver.reset();
    rig.host().setStatsPollingInterval(1);
    advance(SECOND);
    assertThat(rig.driver.interruptStatus()).isZero();
    MockRing fresh = rig.start(4)[2];
    fresh.send(rig.driver.out(entries(4, 8)));
    advance(SECOND);
    assertThat(fresh.usedIndex()).isEqualTo(1);
    assertThat(rig.broken()).isFalse();
  }

  @Test
  @DisplayName("A.6: a buffer posted and notified before DRIVER_OK is taken after it")
  void beforeDriverOk() {
    rig.driver.negotiate(-1L);
    MockRing early = rig.driver.setUpQueue(2, 4);
    early.send(rig.driver.out(entries(4, 3)));
    assertThat(rig.counted(BalloonCounter.STATS_UPDATES)).isZero();
    rig.driver.ready();
    assertThat(rig.counted(BalloonCounter.STATS_UPDATES)).isEqualTo(1);
  }
}
