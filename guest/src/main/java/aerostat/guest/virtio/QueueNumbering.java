package aerostat.guest.virtio;

import aerostat.guest.kernel.CString;
import aerostat.guest.kernel.Params;

/**
 * Which queue index of the device belongs to which of the driver's queue slots. Drivers, devices
 * and the standard differ here (UAPI-05, UAPI-07); so it is a policy of the transport, {@code
 * virtio_mmio.numbering=NAME}. Ops interface.
 */
public interface QueueNumbering {
  /** As the command line calls it. */
  String name();

  /** Queue index of {@code slot}, whose info has a name. */
  int indexOf(VirtqueueInfo infos, int slot);

  /** Whether a device that numbers like this has a queue at {@code index}. */
  default boolean hasQueue(VirtqueueInfo infos, int count, int index) {
    return index < indexOf(infos, count);
  }

  /** The numbering of the command line; null to find out what fits the device (UAPI-07). */
  static QueueNumbering ofCommandLine() {
    CString name = Params.get("virtio_mmio.numbering");
    if (name == null || name.is("auto")) {
      return null;
    }
    for (int i = 0; at(i) != null; i++) {
      if (name.is(at(i).name())) {
        return at(i);
      }
    }
    Params.invalid("virtio_mmio.numbering");
    return null;
  }

  /** All of them, in the order in which they are tried; null after the last. */
  static QueueNumbering at(int i) {
    return switch (i) {
      case 0 -> new DenseNegotiated();
      case 1 -> new DenseOffered();
      case 2 -> new Spec();
      default -> null;
    };
  }

  /**
   * Linux from 5.0 on (UAPI-05): slots whose feature was not negotiated have no name, and the
   * others are numbered 0, 1, 2, ... in order.
   */
  record DenseNegotiated() implements QueueNumbering {
    @Override
    public String name() {
      return "dense-negotiated";
    }

    @Override
    public int indexOf(VirtqueueInfo infos, int slot) {
      int index = 0;
      for (int i = 0; i < slot; i++) {
        if (infos.at(i).isNamed()) {
          index++;
        }
      }
      return index;
    }
  }

  /** QEMU: the device makes the queues of all features that it offers, one after the other. */
  record DenseOffered() implements QueueNumbering {
    @Override
    public String name() {
      return "dense-offered";
    }

    @Override
    public int indexOf(VirtqueueInfo infos, int slot) {
      int index = 0;
      for (int i = 0; i < slot; i++) {
        if (infos.at(i).isNamed() || infos.at(i).isOffered()) {
          index++;
        }
      }
      return index;
    }
  }

  /** The standard, and Linux before 5.0 on this transport: the slot is the index. */
  record Spec() implements QueueNumbering {
    @Override
    public String name() {
      return "spec";
    }

    @Override
    public int indexOf(VirtqueueInfo infos, int slot) {
      return slot;
    }

    @Override
    public boolean hasQueue(VirtqueueInfo infos, int count, int index) {
      return infos.at(index).isNamed() || infos.at(index).isOffered();
    }
  }
}
