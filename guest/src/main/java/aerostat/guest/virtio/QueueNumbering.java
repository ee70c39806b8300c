package aerostat.guest.virtio;

/**
 * Which queue index of the device belongs to which of the driver's queue slots. Drivers, devices
 * and the standard differ here (UAPI-05, UAPI-07); so it is a policy of the transport. Ops
 * interface.
 */
public interface QueueNumbering {
  /** Queue index of {@code slot}, whose info has a name. */
  int indexOf(VirtqueueInfo infos, int slot);

  /**
   * Linux from 5.0 on (UAPI-05): slots whose feature was not negotiated have no name, and the
   * others are numbered 0, 1, 2, ... in order.
   */
  record DenseNegotiated() implements QueueNumbering {
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
}
