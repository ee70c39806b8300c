package aerostat.guest.balloon;

import aerostat.guest.kernel.Printk;
import aerostat.guest.kernel.Sched;
import aerostat.guest.virtio.VirtioRing;

/** The talk on the free page queue that every variant needs. */
public final class HintChannel {
  private HintChannel() {}

  /** Bytes of a command id buffer (HINT-15). */
  private static final int ID_LENGTH = 4;

  /** Pause while the device has something to do first, ms. */
  public static final int PAUSE_MS = 1;

  public static final String NO_START =
      "virtio_balloon virtio%d: Failed to send a start id, err = %d\n";
  public static final String NO_PAGE =
      "virtio_balloon virtio%d: Failed to send a free page, err = %d\n";
  public static final String NO_STOP =
      "virtio_balloon virtio%d: Failed to send a stop id, err = %d\n";

  /** Says what went wrong; the next step is still taken (HINT-04). */
  public static void log(Hinting h, String what, int error) {
    if (h.balloon().errorLimit().allows()) {
      Printk.err(what, h.balloon().device().index(), error);
    }
  }

  /**
   * The id that the device shows now (virtio_balloon_cmd_id_received); reads the config space only
   * after a change of it.
   */
  public static int received(Hinting h) {
    if (h.needsRead()) {
      // First the flag: a change that comes during the read must bring another read.
      h.setNeedsRead(false);
      h.setCachedId(h.balloon().device().configRead32(BalloonIds.CONFIG_CMD_ID));
    }
    return h.cachedId();
  }

  /** Whether the device still shows {@code id} and the driver is to stay (HINT-05, EDGE-24). */
  public static boolean current(Hinting h, int id) {
    return received(h) == id && !h.balloon().isStopped();
  }

  /** Takes what the device has used off the queue; under the lock. */
  public static void detachUsed(Hinting h) {
    long token = VirtioRing.getBuf(h.queue());
    while (token != 0) {
      if (token == h.activeAt()) {
        h.setStartPending(false);
      } else if (token != h.stopAt()) {
        h.variant().used(h, token);
      }
      token = VirtioRing.getBuf(h.queue());
    }
  }

  /**
   * Waits until the device has used the last start buffer, so that every id arrives as it was sent
   * (WALK-09). False if the command {@code id} is over before. It costs no hints: the device takes
   * buffers in order, and would look at newer ones later still.
   */
  public static boolean awaitStartBuffer(Hinting h, int id) {
    while (current(h, id)) {
      h.lock().lock();
      detachUsed(h);
      boolean free = !h.startPending() || h.queue().isBroken();
      h.lock().unlock();
      if (free) {
        return true;
      }
      Sched.msleep(PAUSE_MS);
    }
    return false;
  }

  /**
   * send_cmd_id_start, after {@link #awaitStartBuffer}: from now on {@code id} is the active one.
   * 0, or a negative error.
   */
  public static int sendStart(Hinting h, int id) {
    h.lock().lock();
    detachUsed(h);
    h.setActiveId(id);
    int error = sendId(h, h.activeAt());
    h.setStartPending(error == 0);
    h.lock().unlock();
    return error;
  }

  /** send_cmd_id_stop. 0, or a negative error. */
  public static int sendStop(Hinting h) {
    h.lock().lock();
    detachUsed(h);
    int error = sendId(h, h.stopAt());
    h.lock().unlock();
    return error;
  }

  /** Queues the id at this address and kicks. 0, or a negative error. */
  public static int sendId(Hinting h, long at) {
    int error = VirtioRing.addOutbuf(h.queue(), at, ID_LENGTH, at);
    if (error == 0) {
      var unused = VirtioRing.kick(h.queue());
    }
    return error;
  }
}
