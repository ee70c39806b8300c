package aerostat.devices.balloon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.mock.MockRing;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.mmio.virtio.Virtio;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class BalloonConfigTest {
  private final BalloonRig rig = new BalloonRig();

  @AfterEach
  void close() {
    rig.close();
  }

  private static BalloonOptions options(boolean hint, boolean oom) {
    return new BalloonOptions(hint, false, false, oom);
  }

  @Test
  @DisplayName("UAPI-01: device id 5")
  void id() {
    assertThat(rig.driver.read(MmioRegisters.DEVICE_ID)).isEqualTo(5);
  }

  @Test
  @DisplayName("A.1: statistics and NO_BALLOON always, the others by option, MUST_TELL_HOST never")
  void offered() {
    for (int i = 0; i < 16; i++) {
      BalloonOptions options =
          new BalloonOptions((i & 1) != 0, (i & 2) != 0, (i & 4) != 0, (i & 8) != 0);
      try (BalloonRig each = new BalloonRig(options, false)) {
        long own = each.driver.offeredFeatures() & ~(Virtio.TRANSPORT_OPTIONS | Virtio.F_VERSION_1);
        assertThat(own)
            .isEqualTo(
                1L << 50 | 1 << 1 | (i & 8) >> 1 | (i & 1) << 3 | (i & 4) << 2 | (i & 2) << 4);
      }
    }
  }

  @Test
  @DisplayName("UAPI-08: QEMU's ring sizes; an absent queue has size 0")
  void ringSizes() {
    assertThat(rig.driver.queueSizeMax(0)).isEqualTo(128);
    assertThat(rig.driver.queueSizeMax(1)).isEqualTo(128);
    assertThat(rig.driver.queueSizeMax(2)).isEqualTo(128);
    assertThat(rig.driver.queueSizeMax(3)).isEqualTo(1024);
    assertThat(rig.driver.queueSizeMax(4)).isZero();
    try (BalloonRig plain = new BalloonRig(options(false, false), false)) {
      assertThat(plain.driver.queueSizeMax(3)).isZero();
    }
  }

  @Test
  @DisplayName("UAPI-11, EDGE-45: config of 8, 12 or 16 bytes by what is offered")
  void configSizes() {
    assertThat(rig.balloon.configSize()).isEqualTo(12);
    assertThat(rig.driver.config32(12)).isEqualTo(-1);
    assertThat(BalloonLayout.configSize(BalloonLayout.F_PAGE_POISON)).isEqualTo(16);
    try (BalloonRig plain = new BalloonRig(options(false, false), false)) {
      assertThat(plain.balloon.configSize()).isEqualTo(8);
      assertThat(plain.driver.config32(8)).isEqualTo(-1);
      assertThat(plain.driver.config32(4)).isZero();
    }
  }

  @Test
  @DisplayName("DEV-09: the target is clamped to RAM; 0 and less are ignored")
  void target() {
    rig.host().setTarget(BalloonRig.SIZE / 2);
    assertThat(rig.driver.config32(0)).isEqualTo(1024);
    rig.host().setTarget(0);
    rig.host().setTarget(-5);
    assertThat(rig.driver.config32(0)).isEqualTo(1024);
    rig.host().setTarget(Long.MAX_VALUE);
    assertThat(rig.driver.config32(0)).isZero();
    rig.host().setTarget(1);
    assertThat(rig.driver.config32(0)).isEqualTo(2047);
  }

  @Test
  @DisplayName("DEV-12: a config interrupt only after DRIVER_OK, with both bits")
  void configInterrupt() {
    rig.host().setTarget(4096);
    assertThat(rig.driver.interruptStatus()).isZero();
    rig.start(4);
    int generation = rig.driver.read(MmioRegisters.CONFIG_GENERATION);
    rig.host().setTarget(BalloonRig.SIZE / 2);
    assertThat(rig.driver.interruptStatus()).isEqualTo(3);
    assertThat(rig.driver.read(MmioRegisters.CONFIG_GENERATION)).isEqualTo(generation + 1);
  }

  @Test
  @DisplayName("DEV-10, cloud-hypervisor 7903: actual beyond RAM is clamped and counted")
  void actualIsClamped() {
    List<Long> told = new ArrayList<>();
    rig.host().onActualChanged(told::add);
    for (int pages : new int[] {16, 16, 2048, 2049, -1, Integer.MIN_VALUE, 0}) {
      rig.driver.setConfig32(4, pages);
    }
    assertThat(told).containsExactly(BalloonRig.SIZE - 65536, 0L, 0L, 0L, 0L, BalloonRig.SIZE);
    assertThat(rig.counted(BalloonCounter.ACTUAL_CLAMPED)).isEqualTo(3);
    assertThat(rig.host().actualBytes()).isEqualTo(BalloonRig.SIZE);
  }

  @Test
  @DisplayName("UAPI-15: four single-byte writes of actual are one event")
  void actualByBytes() {
    List<Long> told = new ArrayList<>();
    rig.host().onActualChanged(told::add);
    byte[] bytes = {0x34, 0x02, 0, 0};
    for (int i = 0; i < 4; i++) {
      assertThat(told).isEmpty();
      rig.driver.write(0x104L + i, 1, bytes[i]);
    }
    assertThat(told).containsExactly(BalloonRig.SIZE - 0x234L * 4096);
    assertThat(rig.driver.read(0x105L, 1)).isEqualTo(2);
  }

  @Test
  @DisplayName("the driver writes only actual")
  void readOnlyFields() {
    rig.host().setTarget(BalloonRig.SIZE / 2);
    rig.driver.setConfig32(0, 77);
    rig.driver.setConfig32(8, 77);
    assertThat(rig.driver.config32(0)).isEqualTo(1024);
    assertThat(rig.driver.config32(8)).isZero();
  }

  @Test
  @DisplayName("MMIO-02: a part of a field is read and written alone")
  void partsOfAField() {
    rig.driver.setConfig32(4, 0x4433_2211);
    rig.driver.write(0x105L, 1, 0x55);
    assertThat(rig.driver.config32(4)).isEqualTo(0x4433_5511);
    rig.driver.write(0x106L, 2, 0x7766);
    assertThat(rig.driver.config32(4)).isEqualTo(0x7766_5511);
    rig.driver.write(0x104L, 2, 0x0fff);
    assertThat(rig.driver.config32(4)).isEqualTo(0x7766_0fff);
    assertThat(rig.driver.read(0x104L, 1)).isEqualTo(0xff);
    assertThat(rig.driver.read(0x104L, 2)).isEqualTo(0x0fff);
    assertThat(rig.driver.read(0x106L, 2)).isEqualTo(0x7766);
    assertThat(rig.driver.read(0x107L, 1)).isEqualTo(0x77);
  }

  @ParameterizedTest(name = "property {0} offers feature bit {1} of the transport")
  @CsvSource({
    "INDIRECT_DESC, 28",
    "EVENT_IDX, 29",
    "PACKED, 34",
    "IN_ORDER, 35",
    "NOTIFICATION_DATA, 38",
    "QUEUE_RESET, 40"
  })
  void transportFeatures(BalloonProperty property, int bit) {
    for (boolean on : new boolean[] {false, true}) {
      BalloonOptions options = BalloonOptions.DEFAULT.with(property, on);
      try (BalloonRig each = new BalloonRig(options, false)) {
        assertThat((each.driver.offeredFeatures() >>> bit & 1) != 0).isEqualTo(on);
      }
    }
    BalloonOptions qemu = new BalloonOptions(false, false, false, false);
    assertThat(qemu.has(property)).as("on unless switched off").isEqualTo(bit < 32);
  }

  @Test
  @DisplayName("options that contradict make no balloon")
  void contradictions() {
    BalloonOptions both = BalloonOptions.DEFAULT.with(BalloonProperty.GET_FREE_PAGES, true);
    assertThatThrownBy(() -> new BalloonRig(both, false).close())
        .isInstanceOf(IllegalArgumentException.class);
  }

  @ParameterizedTest(name = "EDGE-50: only hints may name what is not RAM, numbering {0}")
  @EnumSource(QueueNumbering.class)
  void rangesOfOtherQueues(QueueNumbering numbering) {
    try (BalloonRig each = new BalloonRig(BalloonOptions.DEFAULT.with(numbering), false)) {
      for (int queue : new int[] {0, 1, 3}) {
        each.start(4)[queue].send(MockRing.in(0x1000, 4096));
        assertThat(each.broken()).as("queue " + queue).isEqualTo(queue != 3);
      }
    }
  }

  @Test
  @DisplayName("DEV-14: only the hints' queue is polled, and only in START")
  void polled() {
    MockRing ring = rig.start(4)[3];
    rig.host().hintStart(rig.sink);
    assertThat(rig.balloon.polls(3)).isFalse();
    ring.send(rig.driver.out32(rig.driver.config32(8)));
    assertThat(rig.balloon.polls(3)).isTrue();
    assertThat(rig.balloon.polls(0)).isFalse();
  }

  @Test
  @DisplayName("elements that came together are handled together, on each queue")
  void togetherOnEachQueue() {
    try (BalloonRig all = new BalloonRig(new BalloonOptions(true, true, false, false), false)) {
      MockRing[] rings = all.start(5);
      for (MockRing ring : rings) {
        for (int i = 0; i < 3; i++) {
          ring.add(all.driver.out32(0, 0, 0));
        }
        ring.kick();
      }
      assertThat(rings).extracting(MockRing::usedIndex).containsExactly(3, 3, 2, 3, 3);
    }
  }
}
