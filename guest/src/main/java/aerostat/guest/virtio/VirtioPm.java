package aerostat.guest.virtio;

import aerostat.guest.kernel.Errno;
import aerostat.guest.kernel.NotifierBlock;
import aerostat.guest.kernel.NotifierHead;
import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Reboot;
import aerostat.guest.kernel.Suspend;
import aerostat.guest.machine.Cpu;

/** Suspend, resume and power-off, as the virtio bus sees them (drivers/virtio/virtio.c). */
public final class VirtioPm {
  private VirtioPm() {}

  /** Where the notifier block is, in the bus's data. */
  private static final long REBOOT_BLOCK = VirtioBus.REBOOT_BLOCK;

  /** From now on drivers are told before the power goes off, and around a suspend. Once. */
  static void registerShutdown() {
    NotifierBlock block = new NotifierBlock(REBOOT_BLOCK);
    block.setup(VirtioPm::shutdown, 0, 0);
    Reboot.registerNotifier(block);
    NotifierBlock pm = new NotifierBlock(VirtioBus.PM_BLOCK);
    pm.setup(VirtioPm::suspend, 0, 0);
    Suspend.registerNotifier(pm);
  }

  /** dpm_suspend and dpm_resume of the bus. A device that fails to come back stays failed. */
  static int suspend(NotifierBlock block, long action, long data) {
    for (VirtioDevice device = VirtioBus.first(); device != null; device = device.next()) {
      if (action == Suspend.PM_SUSPEND_PREPARE) {
        freeze(device);
      } else if ((device.config().status(device) & VirtioIds.STATUS_FAILED) == 0) {
        var unused = restore(device);
      }
    }
    return NotifierHead.OK;
  }

  private static void disableConfig(VirtioDevice device) {
    int flags = Cpu.irqSave();
    device.setConfigEnabled(false);
    Cpu.irqRestore(flags);
  }

  /** virtio_device_freeze: before the device loses its state. In process context. */
  public static void freeze(VirtioDevice device) {
    disableConfig(device);
    VirtioDriver driver = device.driver();
    if (driver != null) {
      driver.freeze(device);
    }
  }

  /**
   * virtio_device_restore: the device is as after a reset; it is brought to where it was, with the
   * features that it had. 0, or a negative error, and then the device has failed.
   */
  public static int restore(VirtioDevice device) {
    device.config().resume(device);
    device.reset();
    if (device.isLost()) {
      Printk.err("virtio virtio%d: failed to restore, err = %d\n", device.index(), -Errno.EIO);
      return -Errno.EIO;
    }
    device.addStatus(VirtioIds.STATUS_ACKNOWLEDGE);
    VirtioDriver driver = device.driver();
    if (driver == null) {
      return 0;
    }
    device.addStatus(VirtioIds.STATUS_DRIVER);
    int error = device.config().finalizeFeatures(device);
    if (error == 0) {
      error = VirtioBus.featuresOk(device);
    }
    if (error == 0) {
      error = driver.restore(device);
    }
    if (error != 0) {
      device.addStatus(VirtioIds.STATUS_FAILED);
      Printk.err("virtio virtio%d: failed to restore, err = %d\n", device.index(), error);
      return error;
    }
    if (!device.isReady()) {
      device.ready();
    }
    VirtioBus.enableConfig(device);
    return 0;
  }

  /** virtio_dev_shutdown for all: the driver comes to rest, then the device uses nothing more. */
  static int shutdown(NotifierBlock block, long action, long data) {
    VirtioDevice device = VirtioBus.first();
    while (device != null) {
      VirtioDriver driver = device.driver();
      if (driver != null) {
        disableConfig(device);
        driver.shutdown(device);
        VirtioBus.breakDevice(device);
        device.reset();
      }
      device = device.next();
    }
    return NotifierHead.OK;
  }
}
