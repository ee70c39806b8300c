package aerostat.guest.virtio;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.guest.kernel.Errno;
import aerostat.guest.machine.Ops;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Slab;
import java.util.function.BiFunction;
import org.junit.jupiter.api.Test;

/**
 * Bug 1811259: since 86a559787e the driver asks with a table in which absent queues have no name,
 * and transports that did not know of that failed. Reproduced by transports that have the faults
 * (EDGE-03), absent in ours.
 */
class Bug1811259Test {
  private static final int SLOTS = 3;

  /** Slot 1 belongs to a feature that was not negotiated; the device has two queues. */
  private static int findQueues(VirtioConfigOps transport, Runnable before) {
    ModelDevice model = new ModelDevice(VirtioFixture.TEST_ID, 8, 8);
    VirtioFixture.boot(model);
    VirtioFixture.probe();
    VirtioBus.unbind(VirtioBus.first());
    VirtqueueInfo infos = VirtioFixture.infos();
    infos.at(0).ask("first", VirtioFixture::called);
    infos.at(1).leaveOut(false);
    infos.at(2).ask("second", null);
    before.run();
    return transport.findVqs(VirtioBus.first(), infos, SLOTS);
  }

  private static VirtioConfigOps ours() {
    return new VirtioMmio.MmioConfig();
  }

  /** As ccw, remoteproc and vop were: makes a queue for every slot, named or not. */
  private static int withoutSkipping(VirtioDevice device, VirtqueueInfo infos, int count) {
    for (int i = 0; i < count; i++) {
      if (!infos.at(i).isNamed()) {
        infos.at(i).ask("", null);
      }
    }
    return ours().findVqs(device, infos, count);
  }

  /** As PCI counted its vectors: one for each callback, whether or not the slot has a name. */
  private static int vectors(VirtqueueInfo infos, boolean skipUnnamed) {
    int n = 1; // for config changes
    for (int i = 0; i < SLOTS; i++) {
      if (infos.at(i).callback() != 0 && (infos.at(i).isNamed() || !skipUnnamed)) {
        n++;
      }
    }
    return n;
  }

  private static VirtioConfigOps faulty(BiFunction<VirtioDevice, VirtqueueInfo, Integer> findVqs) {
    VirtioConfigOps real = ours();
    return (VirtioConfigOps)
        java.lang.reflect.Proxy.newProxyInstance(
            VirtioConfigOps.class.getClassLoader(),
            new Class<?>[] {VirtioConfigOps.class},
            (proxy, method, args) ->
                method.getName().equals("findVqs")
                    ? findVqs.apply((VirtioDevice) args[0], (VirtqueueInfo) args[1])
                    : method.invoke(real, args));
  }

  @Test
  void hfix17_aTransportThatSkipsNoSlotFailsTheProbe() {
    VirtioConfigOps transport = faulty((device, infos) -> withoutSkipping(device, infos, SLOTS));
    assertThat(findQueues(transport, () -> {})).isEqualTo(-Errno.ENOENT);
  }

  @Test
  void hfix01_oursSkipsSlotsWithoutANameAndCountsThemForNothing() {
    assertThat(findQueues(ours(), () -> {})).isZero();
    assertThat(VirtioFixture.first().index()).isZero();
    assertThat(VirtioFixture.infos().at(1).queue()).isNull();
    assertThat(VirtioFixture.second().index()).isEqualTo(1);
  }

  /** With what happened to be on the stack in the slot, PCI asked for too many vectors. */
  @Test
  void hfix06_aSlotThatIsLeftOutHasNoCallback() {
    var unused = findQueues(ours(), () -> {});
    VirtqueueInfo infos = VirtioFixture.infos();
    assertThat(vectors(infos, false)).isEqualTo(vectors(infos, true)).isEqualTo(2);

    VirtqueueInfo garbage =
        new VirtqueueInfo(Slab.kzalloc(SLOTS * VirtqueueInfo.SIZE, Gfp.GFP_KERNEL));
    garbage.at(0).ask("first", VirtioFixture::called);
    garbage.at(1).ask("left over from another call", VirtioFixture::called);
    garbage.at(2).ask("second", null);
    aerostat.guest.machine.Memory.store64(garbage.at(1).address(), 0);
    assertThat(vectors(garbage, false)).as("the fault").isEqualTo(3);
    assertThat(vectors(garbage, true)).isEqualTo(2);
    garbage.at(1).leaveOut(true);
    assertThat(vectors(garbage, false)).as("the repair").isEqualTo(2);
    assertThat(Ops.<VirtqueueCallback>of(garbage.at(1).callback())).isNull();
  }
}
