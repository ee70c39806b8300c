package aerostat.guest.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.CString;
import aerostat.guest.kernel.Entry;
import aerostat.guest.mm.FreeMemory;
import aerostat.guest.plain.PlainMachine;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bus, transport and command line against the model device. */
class VirtioBusTest {
  private final ModelDevice device = new ModelDevice(VirtioFixture.TEST_ID, 8, 8);

  private static long offer(int... bits) {
    long mask = 0;
    for (int bit : bits) {
      mask |= VirtioIds.bit(bit);
    }
    return mask;
  }

  /** MMIO-DRV-15: the model takes no size of a queue that is ready. */
  @Test
  void mmio03_probeTakesTheStepsInOrder() {
    device.offered |= offer(0, 2, VirtioIds.F_EVENT_IDX, 36, 50);
    VirtioFixture.boot(device);
    VirtioDevice found = VirtioFixture.probe();
    assertThat(device.log.subList(0, 4)).containsExactly("read 0", "read 4", "read 8", "read c");
    assertThat(device.log.stream().filter(line -> line.startsWith("70=")))
        .containsExactly("70=0", "70=1", "70=3", "70=b", "70=f");
    assertThat(device.log)
        .containsSubsequence("14=1", "read 10", "14=0", "read 10")
        .containsSubsequence("24=1", "20=1", "24=0", "20=20000001", "70=b", "read 70");
    assertThat(device.accepted)
        .as("known bits only: BASE-DRV-09")
        .isEqualTo(offer(0, VirtioIds.F_EVENT_IDX, VirtioIds.F_VERSION_1));
    assertThat(found.features()).isEqualTo(device.accepted);
    assertThat(VirtioFixture.console())
        .contains("Registering device virtio-mmio.0 at 0xa000000-0xa000fff, IRQ 1.");
  }

  @Test
  void uapi02_featuresAreWrittenAgainWhenValidateClearsOne() {
    device.offered |= offer(0, 3);
    VirtioFixture.boot(device);
    VirtioFixture.clearInValidate(3);
    VirtioFixture.probe();
    assertThat(device.log.stream().filter(line -> line.startsWith("20=")))
        .containsExactly("20=1", "20=9", "20=1", "20=1");
    assertThat(device.accepted).isEqualTo(offer(0, VirtioIds.F_VERSION_1));
  }

  @Test
  void uapi05_queuesAreNumberedDensely() {
    VirtioFixture.boot(device);
    VirtioFixture.probe();
    assertThat(VirtioFixture.first().index()).isZero();
    assertThat(VirtioFixture.infos().at(1).queue()).isNull();
    assertThat(VirtioFixture.second().index()).isEqualTo(1);
    assertThat(device.isReady(0)).isTrue();
    assertThat(device.isReady(1)).isTrue();
  }

  @Test
  void mmioDrv14_sizeIsAPowerOfTwoWithinTheMaximum() {
    ModelDevice odd = new ModelDevice(VirtioFixture.TEST_ID, 100, 0x7fff_ffff);
    VirtioFixture.boot(odd);
    VirtioFixture.probe();
    assertThat(odd.size(0)).isEqualTo(64);
    assertThat(odd.size(1)).isEqualTo(32768);
  }

  @Test
  void mmio04_aQueueIsSetUpInOrder() {
    VirtioFixture.boot(device);
    VirtioFixture.probe();
    // The numbering is looked up first (EDGE-02).
    int begin = device.log.indexOf("read 44") - 1;
    assertThat(device.log.subList(begin, begin + 11).stream().map(l -> l.replaceAll("=.*", "")))
        .containsExactly(
            "30", "read 44", "read 34", "38", "80", "84", "90", "94", "a0", "a4", "44");
  }

  @Test
  void queueThatDoesNotExistFailsTheProbe() {
    ModelDevice one = new ModelDevice(VirtioFixture.TEST_ID, 8);
    VirtioFixture.boot(one);
    VirtioFixture.probe();
    assertThat(one.status & VirtioIds.STATUS_FAILED).isNotZero();
    assertThat(one.isReady(0)).as("MMIO-05: the first queue is stopped again").isFalse();
    assertThat(VirtioFixture.console())
        .contains("virtio0: probe with driver test_driver failed with error -2");
  }

  @Test
  void withoutVersion1TheDeviceIsNotUsed() {
    device.offered = offer(0);
    VirtioFixture.boot(device);
    VirtioFixture.probe();
    assertThat(device.status & VirtioIds.STATUS_FAILED).isNotZero();
    assertThat(device.log).noneMatch(line -> line.startsWith("20="));
    assertThat(VirtioFixture.console()).contains("must provide VIRTIO_F_VERSION_1");
  }

  @Test
  void baseDrv23_refusedFeaturesEndTheProbe() {
    device.refuseFeatures = true;
    VirtioFixture.boot(device);
    VirtioFixture.probe();
    assertThat(device.status & VirtioIds.STATUS_FAILED).isNotZero();
    assertThat(device.status & VirtioIds.STATUS_DRIVER_OK).isZero();
    assertThat(VirtioFixture.console()).contains("device refuses features");
  }

  @Test
  void mmioDrv27_placeholderIsPassedOverInSilence() {
    device.deviceId = 0;
    VirtioFixture.boot(device);
    assertThat(VirtioFixture.probe()).isNull();
    assertThat(device.log).containsExactly("read 0", "read 4", "read 8");
    assertThat(VirtioFixture.console()).doesNotContain("Wrong").doesNotContain("failed");
  }

  @Test
  void wrongMagicAndVersionAreReported() {
    device.magic = 0x12345678;
    VirtioFixture.boot(device);
    assertThat(VirtioFixture.probe()).isNull();
    assertThat(device.log).containsExactly("read 0");
    assertThat(VirtioFixture.console()).contains("Wrong magic value 0x12345678!");
    device.magic = 0x74726976;
    device.version = 3;
    VirtioFixture.boot(device);
    assertThat(VirtioFixture.probe()).isNull();
    assertThat(VirtioFixture.console()).contains("Version 3 not supported!");
  }

  @Test
  void configChangeDuringProbeIsToldAfterwards() {
    VirtioFixture.boot(device);
    VirtioFixture.probe();
    assertThat(VirtioFixture.changes()).isEqualTo(1);
    device.configChanged();
    PlainMachine.safepoint();
    assertThat(VirtioFixture.changes()).isEqualTo(2);
    assertThat(device.pendingBits()).isZero();
  }

  @Test
  void mmioDrv20_unknownInterruptBitsAreNotEchoed() {
    VirtioFixture.boot(device);
    VirtioFixture.probe();
    device.log.clear();
    device.raise(0x80000003);
    Entry.interrupt(ModelDevice.IRQ);
    assertThat(device.log).contains("64=3");
  }

  @Test
  void failedProbeLeavesTheBusUsable() {
    VirtioFixture.boot(device);
    VirtioFixture.failProbe(-12);
    VirtioFixture.probe();
    assertThat(device.status & VirtioIds.STATUS_FAILED).isNotZero();
    assertThat(VirtioBus.first().driver()).isNull();
  }

  @Test
  void baseDrv03_afterAFailureTheDeviceIsResetBeforeItIsTriedAgain() {
    VirtioFixture.boot(device);
    VirtioFixture.failProbe(-12);
    VirtioFixture.probe();
    VirtioFixture.failProbe(0);
    device.log.clear();
    VirtioBus.first().config().delVqs(VirtioBus.first());
    VirtioBus.bind(VirtioBus.first());
    assertThat(device.log.stream().filter(line -> line.startsWith("70=")))
        .containsExactly("70=0", "70=1", "70=3", "70=b", "70=f");
    assertThat(VirtioBus.first().driver()).isNotNull();
  }

  @Test
  void unbindResetsAndFreesTheQueues() {
    VirtioFixture.boot(device);
    VirtioDevice found = VirtioFixture.probe();
    long free = FreeMemory.pages();
    VirtioBus.unbind(found);
    assertThat(device.isReady(0)).isFalse();
    assertThat(device.status).isEqualTo(VirtioIds.STATUS_ACKNOWLEDGE);
    assertThat(FreeMemory.pages()).isGreaterThan(free);
    assertThat(found.driver()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "4K",
        "4K@",
        "@0x0a000000:1",
        "4K@0x0a000000",
        "4K@0x0a000000:",
        "4K@0x0a000000:0",
        "4K@0x0a000000:32",
        "4K@0x0a000000:-1",
        "4K@0x0a000000:1x",
        "4K@0x0a000000:1:",
        "4K@0x0a000000:1:2:3",
        "4K@0x0a000002:1",
        "16@0x0a000000:1",
        "4K@0:1",
        "4K@0x40000000:1",
        "4K@0x3ffff800:1",
        "4K@0xffffffffffffffff:1",
        "2G@0x0a000000:1",
        "99999999999999999999999@0x0a000000:1",
      })
  void badCommandLineWordsAreRefused(String word) {
    VirtioFixture.boot(device);
    assertThat(VirtioMmioCmdline.add(CString.of(word))).isFalse();
    assertThat(device.log).isEmpty();
  }

  @Test
  void goodCommandLineWordsAreTaken() {
    VirtioFixture.boot(device);
    assertThat(VirtioMmioCmdline.add(CString.of("0x1000@167772160:1:7"))).isTrue();
    assertThat(VirtioBus.first()).isNotNull();
  }

  @Test
  void collidingDevicesAreRefused() {
    VirtioFixture.boot(device);
    VirtioFixture.probe();
    VirtioDevice only = VirtioBus.first();
    VirtioMmioCmdline.add(CString.of("4K@0x0a000000:2"));
    VirtioMmioCmdline.add(CString.of("4K@0x0a100000:1"));
    assertThat(VirtioBus.first().address()).isEqualTo(only.address());
    assertThat(VirtioFixture.console()).contains("region or interrupt is taken");
  }
}
