package aerostat.guest.virtio;

import aerostat.guest.kernel.CString;
import aerostat.guest.kernel.Entry;
import aerostat.guest.machine.Memory;
import aerostat.guest.plain.PlainMachine;

/** A kernel without threads, a model device, and a driver that asks for two queues. */
final class VirtioFixture {
  private VirtioFixture() {}

  static final int TEST_ID = 42;

  /** Where the test driver puts its table of queues, and how often it was called back. */
  static final long INFOS = VirtioBus.DATA_END + 64;

  private static final long CALLBACKS = VirtioBus.DATA_END + 8;
  private static final long CHANGES = VirtioBus.DATA_END + 16;
  private static final long ERROR = VirtioBus.DATA_END + 24;
  private static final long CLEAR = VirtioBus.DATA_END + 32;

  record TestDriver() implements VirtioDriver {
    @Override
    public String name() {
      return "test_driver";
    }

    @Override
    public int deviceId() {
      return TEST_ID;
    }

    @Override
    public long featureTable() {
      return 0b1011;
    }

    @Override
    public int validate(VirtioDevice device) {
      int feature = Memory.load32(CLEAR);
      if (feature != 0) {
        device.clearFeature(feature);
      }
      return 0;
    }

    @Override
    public int probe(VirtioDevice device) {
      VirtioBus.configChanged(device);
      VirtioFixture.infos().at(0).ask("first", VirtioFixture::called);
      VirtioFixture.infos().at(1).leaveOut(false);
      VirtioFixture.infos().at(2).ask("second", null);
      int error = device.config().findVqs(device, VirtioFixture.infos(), 3);
      return error != 0 ? error : Memory.load32(ERROR);
    }

    @Override
    public void remove(VirtioDevice device) {
      device.reset();
      device.config().delVqs(device);
    }

    @Override
    public void configChanged(VirtioDevice device) {
      Memory.store32(CHANGES, changes() + 1);
    }
  }

  static void called(Virtqueue q) {
    Memory.store32(CALLBACKS, callbacks() + 1);
  }

  static VirtqueueInfo infos() {
    return new VirtqueueInfo(INFOS);
  }

  static int callbacks() {
    return Memory.load32(CALLBACKS);
  }

  static int changes() {
    return Memory.load32(CHANGES);
  }

  /** Makes the next probe fail. */
  static void failProbe(int error) {
    Memory.store32(ERROR, error);
  }

  /** Makes validate give a feature up. */
  static void clearInValidate(int feature) {
    Memory.store32(CLEAR, feature);
  }

  /** Boots as far as threads are not needed. */
  static void boot(ModelDevice device) {
    PlainMachine.reset(64 << 20);
    PlainMachine.mmio().add(ModelDevice.BASE, device);
    Entry.setUp(PlainMachine.bootParams(""));
  }

  /** Registers the test driver and finds the device. */
  static VirtioDevice probe() {
    VirtioBus.registerDriver(new TestDriver());
    VirtioMmioCmdline.add(CString.of("4K@0x0a000000:1"));
    return VirtioBus.first();
  }

  static Virtqueue first() {
    return infos().at(0).queue();
  }

  static Virtqueue second() {
    return infos().at(2).queue();
  }

  static String console() {
    return PlainMachine.mmio().console();
  }
}
