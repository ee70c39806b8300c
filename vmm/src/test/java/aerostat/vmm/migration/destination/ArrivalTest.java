package aerostat.vmm.migration.destination;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import aerostat.mmio.virtio.VirtioMmioOptions;
import aerostat.vmm.machine.MachineConfig;
import aerostat.vmm.machine.MachineSlot.ExpectedConfig;
import aerostat.vmm.migration.FakeGuest;
import aerostat.vmm.migration.FakeHost;
import aerostat.vmm.migration.guest.SetupMessage;
import aerostat.vmm.migration.transport.MemoryTransport;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import aerostat.vmm.migration.wire.MigrationRefusedException;
import aerostat.vmm.migration.wire.MigrationStreamException;
import aerostat.vmm.migration.wire.PayloadReader;
import aerostat.vmm.migration.wire.WireLimits;
import java.io.IOException;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What a destination puts up with, and from whom. */
class ArrivalTest {
  @Test
  void aPeerThatSendsNothingOfTheGuest_isGivenUp() {
    AtomicLong now = new AtomicLong();
    AtomicLong pages = new AtomicLong();
    ArrivalWatch watch = new ArrivalWatch(pages::get, now::get);
    now.addAndGet(TimeUnit.SECONDS.toNanos(60));
    assertThat(watch.stalled()).isFalse();
    pages.set(1);
    assertThat(watch.stalled()).isFalse();
    now.addAndGet(TimeUnit.SECONDS.toNanos(60));
    assertThatCode(watch::check).doesNotThrowAnyException();
    now.addAndGet(1);
    assertThatThrownBy(watch::check).hasMessageContaining("nothing of the guest came for 60 s");
    watch.progress();
    assertThat(watch.stalled()).isFalse();
  }

  @Test
  void hostRam_isMemoryAndSwap() {
    assertThat(HostRam.parse("MemTotal:       1000 kB\nMemFree: 7 kB\nSwapTotal: 24 kB\n"))
        .isEqualTo(1024 * 1024);
    assertThat(HostRam.parse("")).isEqualTo(Long.MAX_VALUE);
    assertThat(HostRam.bytes()).isGreaterThan(64 << 20);
  }

  @Test
  void aGuestLargerThanTheHost_isRefusedBeforeAnythingIsBuilt() throws IOException {
    try (FakeHost host = new FakeHost()) {
      MachineConfig config = FakeGuest.config(WireLimits.MAX_MEMORY_BYTES);
      String zeros = "0".repeat(64);
      SetupMessage setup =
          new SetupMessage(new UUID(1, 2), config, 4096, zeros, zeros, zeros, 8, 1, false, 0);
      Link link =
          new Link(new MemoryTransport(new MemoryTransport.Pipe(), new MemoryTransport.Pipe()));
      if (HostRam.bytes() < WireLimits.MAX_MEMORY_BYTES) {
        try (StreamLoader loader = new StreamLoader(link, host, setup, (l, h) -> {})) {
          assertThatThrownBy(loader::accept)
              .isInstanceOf(MigrationRefusedException.class)
              .hasMessageContaining("this host");
        }
      }
      assertThat(host.built).isEmpty();
    }
  }

  /** N reads N−1: a SETUP of version 1 has no number of channels. */
  @Test
  void setupOfVersion1_isRead() throws IOException {
    FakeGuest guest = FakeGuest.fresh(4 << 20);
    try {
      SetupMessage sent = SetupMessage.of(new UUID(3, 4), guest, true, 0);
      byte[] now = sent.encode();
      byte[] then = java.util.Arrays.copyOf(now, now.length - 4);
      assertThat(SetupMessage.decode(new PayloadReader(MessageType.SETUP, then), 1))
          .isEqualTo(sent);
      assertThat(SetupMessage.decode(new PayloadReader(MessageType.SETUP, now), 2)).isEqualTo(sent);
      assertThatThrownBy(() -> SetupMessage.decode(new PayloadReader(MessageType.SETUP, then), 2))
          .isInstanceOf(MigrationStreamException.class);
    } finally {
      guest.close();
    }
  }

  @Test
  void theTransportsVersionIsSentAndCompared() throws IOException {
    FakeGuest guest = FakeGuest.fresh(4 << 20);
    try {
      SetupMessage modern = SetupMessage.of(new UUID(3, 4), guest, true, 0);
      for (VirtioMmioOptions options :
          List.of(VirtioMmioOptions.LEGACY, new VirtioMmioOptions(true, true))) {
        SetupMessage sent = over(modern, options);
        assertThat(SetupMessage.parse(sent.encode())).isEqualTo(sent);
        assertThat(sent.conflict(expecting(options))).isNull();
        assertThat(sent.conflict(expecting(VirtioMmioOptions.DEFAULT)))
            .contains("virtio-mmio is legacy=off")
            .contains("legacy=on");
      }
      assertThat(modern.conflict(ExpectedConfig.NONE)).isNull();
    } finally {
      guest.close();
    }
  }

  private static ExpectedConfig expecting(VirtioMmioOptions options) {
    return new ExpectedConfig(null, null, null, options, null);
  }

  private static SetupMessage over(SetupMessage setup, VirtioMmioOptions options) {
    MachineConfig c = setup.config();
    return new SetupMessage(
        setup.uuid(),
        new MachineConfig(
            c.memoryBytes(),
            c.append(),
            c.balloon(),
            options,
            c.deterministic(),
            c.seed(),
            c.memoryPath()),
        setup.imageBytes(),
        setup.imageSha256(),
        setup.codeDigest(),
        setup.resumeDigest(),
        setup.stateBytes(),
        setup.layoutDigest(),
        setup.verify(),
        setup.channels());
  }
}
