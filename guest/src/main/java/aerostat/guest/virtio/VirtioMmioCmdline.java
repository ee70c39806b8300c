package aerostat.guest.virtio;

import aerostat.guest.kernel.CString;
import aerostat.guest.kernel.Irq;
import aerostat.guest.kernel.KernelData;
import aerostat.guest.kernel.NumberParser;
import aerostat.guest.kernel.Params;
import aerostat.guest.kernel.Printk;

/**
 * Devices named on the kernel command line (CONFIG_VIRTIO_MMIO_CMDLINE_DEVICES): {@code
 * virtio_mmio.device=<size>@<base>:<irq>[:<id>]}, any number of times. What does not parse, or lies
 * in RAM, or collides with a device that is there already, is refused with a message.
 */
public final class VirtioMmioCmdline {
  private VirtioMmioCmdline() {}

  private static final String PARAM = "virtio_mmio.device";

  /** Registers plus the smallest config space that makes sense. */
  private static final long MIN_SIZE = 0x200;

  private static final long MAX_SIZE = 1 << 20;

  /** Guest-physical addresses have at most this many bits. */
  private static final int ADDRESS_BITS = 48;

  /** Probes every device of the command line, in order. In process context. */
  public static void init() {
    int at = Params.find(PARAM, 0);
    while (at >= 0) {
      CString value = Params.valueAt(at);
      if (value == null || !add(value)) {
        Params.invalid(CString.of(PARAM), value);
      }
      at = Params.find(PARAM, at + 1);
    }
  }

  /** vm_cmdline_set; false for a bad value. */
  static boolean add(CString value) {
    long sizeEnd = NumberParser.skip(value);
    long size = NumberParser.value(value);
    if (sizeEnd == value.address() || new CString(sizeEnd).at(0) != '@') {
      return false;
    }
    CString baseText = new CString(sizeEnd + 1);
    long baseEnd = NumberParser.skip(baseText);
    long base = NumberParser.value(baseText);
    if (baseEnd == baseText.address() || new CString(baseEnd).at(0) != ':') {
      return false;
    }
    CString irqText = new CString(baseEnd + 1);
    long irqEnd = NumberParser.skip(irqText);
    long irq = NumberParser.value(irqText);
    if (irqEnd == irqText.address() || !endsWell(new CString(irqEnd))) {
      return false;
    }
    if (!valid(size, base, irq)) {
      return false;
    }
    register(size, base, (int) irq);
    return true;
  }

  /** The end, or a device number, which we accept and do not need. */
  private static boolean endsWell(CString rest) {
    if (rest.at(0) != ':') {
      return rest.at(0) == 0;
    }
    CString id = new CString(rest.address() + 1);
    long end = NumberParser.skip(id);
    return end != id.address() && new CString(end).at(0) == 0;
  }

  private static boolean valid(long size, long base, long irq) {
    return size >= MIN_SIZE
        && size <= MAX_SIZE
        && base > 0
        && (base & 3) == 0
        && base >> ADDRESS_BITS == 0
        && base + size <= KernelData.RAM_BASE
        && irq > 0
        && irq < Irq.NR_IRQS;
  }

  private static void register(long size, long base, int irq) {
    Printk.info(
        "virtio-mmio: Registering device virtio-mmio.%d at 0x%lx-0x%lx, IRQ %d.\n",
        VirtioBus.deviceCount(), base, base + size - 1, irq);
    if (collides(base, size, irq)) {
      Printk.err("virtio-mmio %lx: region or interrupt is taken\n", base);
      return;
    }
    var unused = VirtioMmio.probe(base, size, irq, QueueNumbering.ofCommandLine());
  }

  private static boolean collides(long base, long size, int irq) {
    VirtioDevice device = VirtioBus.first();
    while (device != null) {
      VirtioMmioDevice other = new VirtioMmioDevice(device.transport());
      if (other.irq() == irq
          || (base < other.base() + other.size() && other.base() < base + size)) {
        return true;
      }
      device = device.next();
    }
    return false;
  }
}
