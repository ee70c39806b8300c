package aerostat.guest.virtio;

import static aerostat.guest.machine.Memory.load32;
import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store32;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.kernel.Errno;
import aerostat.guest.kernel.KernelData;
import aerostat.guest.kernel.NotifierBlock;
import aerostat.guest.kernel.Printk;
import aerostat.guest.machine.Cpu;
import aerostat.guest.machine.Ops;

/**
 * The virtio bus: brings devices and drivers together (drivers/virtio/virtio.c). Registration
 * happens in process context, one at a time.
 */
public final class VirtioBus {
  private VirtioBus() {}

  private static final long DEVICES = KernelData.DRIVERS;
  private static final long DEVICE_COUNT = KernelData.DRIVERS + 8;
  private static final long DRIVER_COUNT = KernelData.DRIVERS + 12;
  private static final long DRIVERS = KernelData.DRIVERS + 16;

  /** Most drivers. */
  private static final int MAX_DRIVERS = 8;

  /** The bus's reboot notifier. */
  static final long REBOOT_BLOCK = DRIVERS + 8L * MAX_DRIVERS;

  static final long PM_BLOCK = REBOOT_BLOCK + NotifierBlock.SIZE;

  /** First byte of the drivers' data page that the bus does not use. */
  public static final long DATA_END = PM_BLOCK + NotifierBlock.SIZE;

  /** First device, null without. */
  public static VirtioDevice first() {
    return VirtioDevice.ofNullable(load64(DEVICES));
  }

  /** Devices on the bus. */
  static int deviceCount() {
    return load32(DEVICE_COUNT);
  }

  /** Address of the name of the device's driver, for messages. */
  static long driverName(VirtioDevice device) {
    VirtioDriver driver = device.driver();
    return driver == null ? Cpu.string("virtio") : Cpu.string(driver.name());
  }

  /** register_virtio_driver: binds it to the devices that wait for it. 0, or a negative error. */
  public static int registerDriver(VirtioDriver driver) {
    int count = load32(DRIVER_COUNT);
    if (count == MAX_DRIVERS) {
      return -Errno.ENOSPC;
    }
    store64(DRIVERS + 8L * count, Ops.id(driver));
    store32(DRIVER_COUNT, count + 1);
    long device = load64(DEVICES);
    while (device != 0) {
      VirtioDevice d = new VirtioDevice(device);
      match(d, driver);
      VirtioDevice next = d.next();
      device = next == null ? 0 : next.address();
    }
    return 0;
  }

  /** register_virtio_device: resets and acknowledges the device, then looks for its driver. */
  static void registerDevice(VirtioDevice device) {
    int index = load32(DEVICE_COUNT);
    if (index == 0) {
      VirtioPm.registerShutdown();
    }
    store32(DEVICE_COUNT, index + 1);
    device.setIndex(index);
    device.reset();
    device.addStatus(VirtioIds.STATUS_ACKNOWLEDGE);
    device.setNext(load64(DEVICES));
    store64(DEVICES, device.address());
    bind(device);
  }

  private static void match(VirtioDevice device, VirtioDriver driver) {
    if (device.driver() != null || driver.deviceId() != device.deviceId()) {
      return;
    }
    if ((device.config().status(device) & VirtioIds.STATUS_FAILED) != 0) {
      device.reset(); // BASE-DRV-03; Linux binds anew without
      device.addStatus(VirtioIds.STATUS_ACKNOWLEDGE);
    }
    if (device.isLost()) {
      Printk.err("virtio virtio%d: the device does not reset, no driver for it\n", device.index());
      return;
    }
    device.setDriver(driver);
    int error = probe(device, driver);
    if (error != 0) {
      device.addStatus(VirtioIds.STATUS_FAILED); // BASE-DRV-27
      Printk.err(
          "virtio%d: probe with driver %s failed with error %d\n",
          device.index(), Cpu.string(driver.name()), error);
      device.setDriver(null);
    }
  }

  /** virtio_dev_probe, in the order of UAPI-02. */
  private static int probe(VirtioDevice device, VirtioDriver driver) {
    VirtioConfigOps config = device.config();
    device.addStatus(VirtioIds.STATUS_DRIVER);
    long offered = config.features(device);
    device.setOffered(offered);
    device.setFeatures(known(offered, driver.featureTable()));
    int error = config.finalizeFeatures(device);
    if (error != 0) {
      return error;
    }
    long before = device.features();
    error = driver.validate(device);
    if (error != 0) {
      return error;
    }
    if (device.features() != before) {
      error = config.finalizeFeatures(device);
      if (error != 0) {
        return error;
      }
    }
    error = featuresOk(device);
    if (error != 0) {
      return error;
    }
    error = driver.probe(device);
    if (error != 0) {
      return error;
    }
    if (!device.isReady()) {
      device.ready();
    }
    enableConfig(device);
    return 0;
  }

  /**
   * What both know, and the transport's bits, which the transport sorts out itself. ANY_LAYOUT is
   * one of a legacy device (FEAT-LEG-04), which Linux does not accept.
   */
  private static long known(long device, long table) {
    long transport =
        (VirtioIds.bit(VirtioIds.F_TRANSPORT_END) - 1)
            & -VirtioIds.bit(VirtioIds.F_TRANSPORT_START);
    boolean legacy = (device & VirtioIds.bit(VirtioIds.F_VERSION_1)) == 0;
    long layout = legacy ? VirtioIds.bit(VirtioIds.F_ANY_LAYOUT) : 0;
    return device & (table | transport | layout);
  }

  /** virtio_features_ok; a legacy device is not asked (BASE-LEG-06). */
  static int featuresOk(VirtioDevice device) {
    if (!device.hasFeature(VirtioIds.F_VERSION_1)) {
      return 0;
    }
    device.addStatus(VirtioIds.STATUS_FEATURES_OK);
    if ((device.config().status(device) & VirtioIds.STATUS_FEATURES_OK) == 0) {
      Printk.err(
          "virtio virtio%d: device refuses features: %lx\n", device.index(), device.features());
      return -Errno.ENODEV;
    }
    return 0;
  }

  static void enableConfig(VirtioDevice device) {
    int flags = Cpu.irqSave();
    device.setConfigEnabled(true);
    breakIfNeedsReset(device);
    if (device.configPending()) {
      tellConfigChanged(device);
    }
    Cpu.irqRestore(flags);
  }

  /**
   * The device's configuration has changed (virtio_config_changed): tells the driver, now or when
   * its probe is over. With interrupts off.
   */
  static void configChanged(VirtioDevice device) {
    breakIfNeedsReset(device);
    if (device.configEnabled()) {
      tellConfigChanged(device);
    } else {
      device.setConfigPending(true);
    }
  }

  /**
   * A device that needs a reset uses no buffer any more (BASE-DRV-04): its queues are marked broken
   * and called back, so that nobody sleeps for ever. Linux leaves them alone.
   */
  private static void breakIfNeedsReset(VirtioDevice device) {
    if ((device.config().status(device) & VirtioIds.STATUS_NEEDS_RESET) == 0) {
      return;
    }
    Virtqueue q = device.firstQueue();
    while (q != null) {
      if (!q.isBroken()) {
        Printk.err("virtio virtio%d: %s: the device needs a reset\n", device.index(), q.name());
      }
      q = q.next();
    }
    breakDevice(device);
  }

  /** virtio_break_device: no queue works any more, and whoever sleeps on one is told. */
  public static void breakDevice(VirtioDevice device) {
    int flags = Cpu.irqSave();
    Virtqueue q = device.firstQueue();
    while (q != null) {
      if (!q.isBroken()) {
        q.setBroken(true);
        VirtqueueCallback callback = q.callback();
        if (callback != null) {
          callback.done(q);
        }
      }
      q = q.next();
    }
    Cpu.irqRestore(flags);
  }

  private static void tellConfigChanged(VirtioDevice device) {
    device.setConfigPending(false);
    VirtioDriver driver = device.driver();
    if (driver != null) {
      driver.configChanged(device);
    }
  }

  /** device_attach: looks for a driver of a device that has none; it may be the one it had. */
  public static void bind(VirtioDevice device) {
    int drivers = load32(DRIVER_COUNT);
    for (int i = 0; i < drivers; i++) {
      match(device, Ops.of(load64(DRIVERS + 8L * i)));
    }
  }

  /** Takes the driver off the device (virtio_dev_remove); the device stays, acknowledged. */
  public static void unbind(VirtioDevice device) {
    VirtioDriver driver = device.driver();
    if (driver == null) {
      return;
    }
    int flags = Cpu.irqSave();
    device.setConfigEnabled(false);
    Cpu.irqRestore(flags);
    driver.remove(device);
    device.setDriver(null);
    device.addStatus(VirtioIds.STATUS_ACKNOWLEDGE);
  }
}
