package aerostat.guest.virtio;

import static aerostat.guest.machine.Io.readl;
import static aerostat.guest.machine.Io.writel;

import aerostat.guest.kernel.Errno;
import aerostat.guest.kernel.Irq;
import aerostat.guest.kernel.IrqHandler;
import aerostat.guest.kernel.Printk;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Slab;

/**
 * The virtio-mmio transport (drivers/virtio/virtio_mmio.c; MMIO-01 to MMIO-10): version 2, and with
 * {@link VirtioMmioLegacy} version 1.
 */
public final class VirtioMmio {
  private VirtioMmio() {}

  private static final int MAGIC_VALUE = 0x000;
  private static final int VERSION = 0x004;
  private static final int DEVICE_ID = 0x008;
  private static final int VENDOR_ID = 0x00c;
  private static final int DEVICE_FEATURES = 0x010;
  private static final int DEVICE_FEATURES_SEL = 0x014;
  private static final int DRIVER_FEATURES = 0x020;
  private static final int DRIVER_FEATURES_SEL = 0x024;
  static final int QUEUE_SEL = 0x030;
  static final int QUEUE_SIZE_MAX = 0x034;
  private static final int QUEUE_SIZE = 0x038;
  private static final int QUEUE_READY = 0x044;
  private static final int QUEUE_NOTIFY = 0x050;
  private static final int INTERRUPT_STATUS = 0x060;
  private static final int INTERRUPT_ACK = 0x064;
  private static final int STATUS = 0x070;
  private static final int QUEUE_DESC_LOW = 0x080;
  private static final int QUEUE_DRIVER_LOW = 0x090;
  private static final int QUEUE_DEVICE_LOW = 0x0a0;
  private static final int QUEUE_RESET = 0x0c0;
  private static final int CONFIG = 0x100;

  private static final int MAGIC = 0x74726976;
  private static final int INT_VRING = 1;
  private static final int INT_CONFIG = 2;

  /** Reads of the status register after which a reset is given up. */
  private static final int RESET_TRIES = 1000;

  /**
   * virtio_mmio_probe: looks for a device at {@code base} and puts it on the bus. Takes the steps
   * of MMIO-03 in their order; a placeholder (DeviceID 0) is passed over in silence.
   *
   * @return 0, or a negative error
   */
  static int probe(long base, long size, int irq, QueueNumbering numbering) {
    int magic = readl(base + MAGIC_VALUE);
    if (magic != MAGIC) {
      Printk.warn("virtio-mmio %lx: Wrong magic value 0x%08x!\n", base, magic);
      return -Errno.ENODEV;
    }
    int version = readl(base + VERSION);
    if (version != 1 && version != 2) {
      Printk.err("virtio-mmio %lx: Version %u not supported!\n", base, version);
      return -Errno.ENXIO;
    }
    int id = readl(base + DEVICE_ID);
    if (id == 0) {
      return -Errno.ENODEV; // MMIO-DRV-11, MMIO-DRV-27
    }
    long memory = Slab.kzalloc(VirtioMmioDevice.SIZE, Gfp.GFP_KERNEL);
    if (memory == 0) {
      return -Errno.ENOMEM;
    }
    VirtioMmioDevice mmio = new VirtioMmioDevice(memory);
    mmio.set(base, size, irq, numbering);
    mmio.setLegacy(version == 1);
    VirtioDevice device = mmio.device();
    device.setTransport(memory);
    device.setConfig(new MmioConfig());
    device.setIds(id, readl(base + VENDOR_ID));
    device.config().resume(device);
    VirtioBus.registerDevice(device);
    return 0;
  }

  static VirtioMmioDevice mmio(VirtioDevice device) {
    return new VirtioMmioDevice(device.transport());
  }

  static long base(VirtioDevice device) {
    return mmio(device).base();
  }

  /** vm_get, vm_set and the rest of Linux's virtio_mmio_config_ops. */
  record MmioConfig() implements VirtioConfigOps {
    @Override
    public int get32(VirtioDevice device, int offset) {
      long field = base(device) + CONFIG + offset;
      return mmio(device).isLegacy() ? VirtioMmioLegacy.get32(field) : readl(field);
    }

    @Override
    public void set32(VirtioDevice device, int offset, int value) {
      long field = base(device) + CONFIG + offset;
      if (mmio(device).isLegacy()) {
        VirtioMmioLegacy.set32(field, value);
      } else {
        writel(value, field);
      }
    }

    @Override
    public int status(VirtioDevice device) {
      return readl(base(device) + STATUS) & 0xff;
    }

    @Override
    public void setStatus(VirtioDevice device, int status) {
      writel(status, base(device) + STATUS);
    }

    @Override
    public void reset(VirtioDevice device) {
      if (!resetDevice(base(device))) {
        device.setLost();
      }
    }

    @Override
    public long features(VirtioDevice device) {
      long base = base(device);
      writel(1, base + DEVICE_FEATURES_SEL);
      long high = readl(base + DEVICE_FEATURES);
      writel(0, base + DEVICE_FEATURES_SEL);
      long features = high << 32 | (readl(base + DEVICE_FEATURES) & 0xffff_ffffL);
      return mmio(device).isLegacy() ? features & VirtioMmioLegacy.FEATURES : features;
    }

    @Override
    public int finalizeFeatures(VirtioDevice device) {
      return writeFeatures(device);
    }

    @Override
    public int findVqs(VirtioDevice device, VirtqueueInfo infos, int count) {
      return findQueues(mmio(device), infos, count);
    }

    @Override
    public void resume(VirtioDevice device) {
      if (mmio(device).isLegacy()) {
        VirtioMmioLegacy.setPageSize(base(device));
      }
    }

    @Override
    public void notify(Virtqueue queue) {
      int value = queue.index();
      if (queue.device().hasFeature(VirtioIds.F_NOTIFICATION_DATA)) {
        value |= VirtioRing.position(queue) << 16; // MMIO-TXT-08
      }
      writel(value, base(queue.device()) + QUEUE_NOTIFY);
    }

    @Override
    public int disableVqAndReset(Virtqueue queue) {
      return resetQueue(queue, base(queue.device()));
    }

    @Override
    public int enableVqAfterReset(Virtqueue queue) {
      return enableQueue(queue, base(queue.device()));
    }

    @Override
    public void delVqs(VirtioDevice device) {
      deleteQueues(mmio(device));
    }
  }

  private static boolean resetDevice(long base) {
    writel(0, base + STATUS);
    int tries = 0;
    while (readl(base + STATUS) != 0) {
      tries++;
      if (tries == RESET_TRIES) {
        Printk.warn("virtio-mmio %lx: device does not reset\n", base);
        return false;
      }
    }
    return true;
  }

  /** vring_transport_features: of the transport's bits only those that our rings know stay. */
  private static long ringFeatures(long features) {
    long transport =
        (VirtioIds.bit(VirtioIds.F_TRANSPORT_END) - 1)
            & -VirtioIds.bit(VirtioIds.F_TRANSPORT_START);
    long known =
        VirtioIds.bit(VirtioIds.F_INDIRECT_DESC)
            | VirtioIds.bit(VirtioIds.F_EVENT_IDX)
            | VirtioIds.bit(VirtioIds.F_VERSION_1)
            | VirtioIds.bit(VirtioIds.F_ACCESS_PLATFORM)
            | VirtioIds.bit(VirtioIds.F_RING_PACKED)
            | VirtioIds.bit(VirtioIds.F_IN_ORDER)
            | VirtioIds.bit(VirtioIds.F_NOTIFICATION_DATA)
            | VirtioIds.bit(VirtioIds.F_RING_RESET);
    return features & (~transport | known);
  }

  static int writeFeatures(VirtioDevice device) {
    device.setFeatures(ringFeatures(device.features()));
    long base = base(device);
    if (!mmio(device).isLegacy() && !device.hasFeature(VirtioIds.F_VERSION_1)) {
      Printk.err(
          "virtio-mmio %lx: New virtio-mmio devices (version 2) must provide VIRTIO_F_VERSION_1"
              + " feature!\n",
          base);
      return -Errno.EINVAL;
    }
    writel(1, base + DRIVER_FEATURES_SEL);
    writel((int) (device.features() >>> 32), base + DRIVER_FEATURES);
    writel(0, base + DRIVER_FEATURES_SEL);
    writel((int) device.features(), base + DRIVER_FEATURES);
    return 0;
  }

  /** vm_find_vqs. */
  static int findQueues(VirtioMmioDevice mmio, VirtqueueInfo infos, int count) {
    int error = Irq.request(mmio.irq(), new MmioInterrupt(), mmio.address());
    if (error != 0) {
      return error;
    }
    QueueNumbering numbering = QueueIndexes.choose(mmio, infos, count);
    if (numbering == null) {
      deleteQueues(mmio);
      return -Errno.ENOENT;
    }
    for (int i = 0; i < count; i++) {
      VirtqueueInfo info = infos.at(i);
      info.setQueue(0);
      if (info.isNamed()) {
        error = setUpQueue(mmio, numbering.indexOf(infos, i), info);
        if (error != 0) {
          deleteQueues(mmio);
          return error;
        }
      }
    }
    return 0;
  }

  /** vm_setup_vq: MMIO-04. */
  private static int setUpQueue(VirtioMmioDevice mmio, int index, VirtqueueInfo info) {
    long base = mmio.base();
    writel(index, base + QUEUE_SEL);
    if (mmio.isLegacy() ? VirtioMmioLegacy.isInUse(base) : readl(base + QUEUE_READY) != 0) {
      return -Errno.ENOENT;
    }
    int max = readl(base + QUEUE_SIZE_MAX);
    if (max == 0) {
      return -Errno.ENOENT;
    }
    // A split ring's size is a power of two (SPLIT-TXT-01): round what the device says down.
    int num =
        Integer.compareUnsigned(max, VringLayout.MAX_ENTRIES) > 0
            ? VringLayout.MAX_ENTRIES
            : Integer.highestOneBit(max);
    Virtqueue q = VringSetup.create(mmio.device(), index, num, info);
    if (q == null) {
      return -Errno.ENOMEM;
    }
    if (mmio.isLegacy()) {
      writel(q.size(), base + QUEUE_SIZE);
      VirtioMmioLegacy.place(q, base);
    } else {
      place(q, base);
    }
    info.setQueue(q.address());
    return 0;
  }

  private static void place(Virtqueue q, long base) {
    writel(q.size(), base + QUEUE_SIZE);
    write64(base + QUEUE_DESC_LOW, q.descriptors());
    write64(base + QUEUE_DRIVER_LOW, q.avail());
    write64(base + QUEUE_DEVICE_LOW, q.used());
    writel(1, base + QUEUE_READY);
  }

  /** MMIO-11; Linux's virtio_mmio.c has neither this nor the next. */
  static int resetQueue(Virtqueue q, long base) {
    writel(q.index(), base + QUEUE_SEL);
    writel(1, base + QUEUE_RESET);
    for (int tries = 0; tries < RESET_TRIES; tries++) {
      // MMIO-DRV-21, BASE-DRV-19: only now it is reset.
      if (readl(base + QUEUE_RESET) == 0 && readl(base + QUEUE_READY) == 0) {
        return 0;
      }
    }
    Printk.warn("virtio-mmio %lx: queue %d does not reset\n", base, q.index());
    return -Errno.EBUSY;
  }

  /** The rest of {@link #setUpQueue} (BASE-DRV-21, BASE-TXT-09). */
  static int enableQueue(Virtqueue q, long base) {
    writel(q.index(), base + QUEUE_SEL);
    if (readl(base + QUEUE_READY) != 0) {
      return -Errno.EBUSY;
    }
    place(q, base);
    return readl(base + QUEUE_READY) == 1 ? 0 : -Errno.EBUSY;
  }

  private static void write64(long register, long value) {
    writel((int) value, register);
    writel((int) (value >>> 32), register + 4);
  }

  /** vm_del_vqs: MMIO-05, MMIO-DRV-16, MMIO-DRV-17. */
  static void deleteQueues(VirtioMmioDevice mmio) {
    VirtioDevice device = mmio.device();
    long base = mmio.base();
    Irq.free(mmio.irq());
    Virtqueue q = device.firstQueue();
    device.setFirstQueue(0);
    while (q != null) {
      Virtqueue next = q.next();
      writel(q.index(), base + QUEUE_SEL);
      if (mmio.isLegacy()) {
        VirtioMmioLegacy.stop(base);
      } else {
        writel(0, base + QUEUE_READY);
        if (readl(base + QUEUE_READY) != 0) {
          Printk.warn("virtio-mmio %lx: queue %d does not stop\n", base, q.index());
        }
      }
      VringSetup.delete(q);
      q = next;
    }
  }

  /** vm_interrupt: MMIO-09. Acknowledges at once, so that a later event raises the line anew. */
  record MmioInterrupt() implements IrqHandler {
    @Override
    public int handle(int irq, long data) {
      VirtioMmioDevice mmio = new VirtioMmioDevice(data);
      // MMIO-DRV-18, MMIO-DRV-20: other bits are none of our business.
      int status = readl(mmio.base() + INTERRUPT_STATUS) & (INT_VRING | INT_CONFIG);
      if (status == 0) {
        return Irq.NONE;
      }
      writel(status, mmio.base() + INTERRUPT_ACK);
      if ((status & INT_CONFIG) != 0) {
        VirtioBus.configChanged(mmio.device());
      }
      if ((status & INT_VRING) != 0) {
        pollQueues(mmio.device());
      }
      return Irq.HANDLED;
    }

    /** It will not be heard any more: nobody may wait for it. */
    @Override
    public void disabled(int irq, long data) {
      VirtioBus.breakDevice(new VirtioMmioDevice(data).device());
    }
  }

  static void pollQueues(VirtioDevice device) {
    Virtqueue q = device.firstQueue();
    while (q != null) {
      var unused = VirtioRing.interrupt(q);
      q = q.next();
    }
  }
}
