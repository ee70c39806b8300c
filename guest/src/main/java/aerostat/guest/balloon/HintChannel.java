package aerostat.guest.balloon;

import aerostat.guest.virtio.VirtioRing;

/** The talk on the free page queue that every strategy needs. */
final class HintChannel {
  private HintChannel() {}

  /** Bytes of a command id buffer (HINT-15). */
  private static final int ID_LENGTH = 4;

  /**
   * The id that the device shows now (virtio_balloon_cmd_id_received); reads the config space only
   * after a change of it.
   */
  static int received(Hinting h) {
    if (h.needsRead()) {
      // First the flag: a change that comes during the read must bring another read.
      h.setNeedsRead(false);
      h.setCachedId(h.balloon().device().configRead32(BalloonIds.CONFIG_CMD_ID));
    }
    return h.cachedId();
  }

  /** Takes what the device has used off the queue; under the lock. */
  static void detachUsed(Hinting h) {
    long mine = h.balloon().address();
    long token = VirtioRing.getBuf(h.queue());
    while (token != 0) {
      if (token != mine) {
        h.strategy().used(h, token);
      }
      token = VirtioRing.getBuf(h.queue());
    }
  }

  /** send_cmd_id_start: from now on {@code id} is the active one. 0, or a negative error. */
  static int sendStart(Hinting h, int id) {
    h.lock().lock();
    detachUsed(h);
    h.setActiveId(id);
    int error = sendId(h, h.activeAt());
    h.lock().unlock();
    return error;
  }

  /** send_cmd_id_stop. 0, or a negative error. */
  static int sendStop(Hinting h) {
    h.lock().lock();
    detachUsed(h);
    int error = sendId(h, h.stopAt());
    h.lock().unlock();
    return error;
  }

  private static int sendId(Hinting h, long at) {
    int error = VirtioRing.addOutbuf(h.queue(), at, ID_LENGTH, h.balloon().address());
    if (error == 0) {
      boolean unused = VirtioRing.kick(h.queue());
    }
    return error;
  }
}
