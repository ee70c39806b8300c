package aerostat.tools.bench.kernels;

import aerostat.guest.kernel.Completion;
import aerostat.guest.kernel.Entry;
import aerostat.guest.kernel.Errno;
import aerostat.guest.machine.Memory;
import aerostat.guest.mm.Gfp;
import aerostat.guest.mm.Slab;
import aerostat.guest.virtio.VirtioBus;
import aerostat.guest.virtio.VirtioDevice;
import aerostat.guest.virtio.VirtioDriver;
import aerostat.guest.virtio.VirtioMmioCmdline;
import aerostat.guest.virtio.VirtioRing;
import aerostat.guest.virtio.Virtqueue;
import aerostat.guest.virtio.VirtqueueInfo;

/**
 * A guest whose one driver sends buffers through one queue, as often as the device's config space
 * asks for: the loops of Linux's tools/virtio/ringtest over the kernel's own rings.
 */
public final class Rings {
  private Rings() {}

  /** An id that no device type has. */
  public static final int DEVICE_ID = 0x7e57;

  /** Config space: buffers of the next run; 0 ends the guest's work. */
  public static final int BUFFERS = 0;

  /** Config space: buffers in flight at most. */
  public static final int OUTSTANDING = 4;

  /** Config space: buffers for one notification; 0: nobody notifies and nobody sleeps. */
  public static final int BATCH = 8;

  /** Config space: {@link #BEGIN} or {@link #END} of a run is written here. */
  public static final int RUN = 12;

  public static final int CONFIG_SIZE = 16;

  public static final int BEGIN = 1;
  public static final int END = 2;

  /** Bytes of each buffer. */
  public static final int BUFFER_SIZE = 64;

  // The driver's own structure.
  private static final int COMPLETION = VirtqueueInfo.SIZE;
  private static final int SIZE = COMPLETION + Completion.SIZE;

  public static void start(long bootParams) {
    Entry.run(bootParams, Rings::init);
  }

  public static void interrupt(int line) {
    Entry.interrupt(line);
  }

  public static void thread(long argument) {
    Entry.thread(argument);
  }

  record RingDriver() implements VirtioDriver {
    @Override
    public String name() {
      return "ring_bench";
    }

    @Override
    public int deviceId() {
      return DEVICE_ID;
    }

    @Override
    public long featureTable() {
      return 0;
    }

    @Override
    public int probe(VirtioDevice device) {
      long own = Slab.kzalloc(SIZE, Gfp.GFP_KERNEL);
      if (own == 0) {
        return -Errno.ENOMEM;
      }
      device.setPriv(own);
      new Completion(own + COMPLETION).init();
      VirtqueueInfo info = new VirtqueueInfo(own);
      info.ask("ring", device.configRead32(BATCH) == 0 ? null : Rings::done);
      return device.config().findVqs(device, info, 1);
    }

    @Override
    public void remove(VirtioDevice device) {
      device.reset();
      device.config().delVqs(device);
    }
  }

  static void done(Virtqueue q) {
    used(q.device()).complete();
  }

  private static Completion used(VirtioDevice device) {
    return new Completion(device.priv() + COMPLETION);
  }

  static int init(long data) {
    VirtioMmioCmdline.init();
    int error = VirtioBus.registerDriver(new RingDriver());
    long buffer = Slab.kzalloc(BUFFER_SIZE, Gfp.GFP_KERNEL);
    VirtioDevice device = VirtioBus.first();
    if (error != 0 || buffer == 0 || device.driver() == null) {
      return -Errno.ENODEV;
    }
    Virtqueue q = new VirtqueueInfo(device.priv()).queue();
    int buffers = device.configRead32(BUFFERS);
    while (buffers != 0) {
      int outstanding = device.configRead32(OUTSTANDING);
      int batch = device.configRead32(BATCH);
      device.configWrite32(RUN, BEGIN);
      if (batch == 0) {
        poll(q, buffer, buffers, outstanding);
      } else {
        sleep(q, buffer, buffers, outstanding, batch);
      }
      device.configWrite32(RUN, END);
      buffers = device.configRead32(BUFFERS);
    }
    return 0;
  }

  /** Looks for used buffers without a pause. */
  private static void poll(Virtqueue q, long buffer, int buffers, int outstanding) {
    int started = 0;
    int completed = 0;
    while (completed < buffers) {
      if (started < buffers && started - completed < outstanding && add(q, buffer)) {
        started++;
      }
      if (VirtioRing.getBuf(q) != 0) {
        completed++;
      }
      Memory.rmb();
    }
  }

  /** Notifies after each batch, and sleeps when there is nothing to do. */
  private static void sleep(Virtqueue q, long buffer, int buffers, int outstanding, int batch) {
    int started = 0;
    int completed = 0;
    int unkicked = 0;
    while (completed < buffers) {
      VirtioRing.disableCb(q);
      boolean moved = true;
      while (moved && completed < buffers) {
        moved = false;
        if (started < buffers && started - completed < outstanding && add(q, buffer)) {
          moved = true;
          started++;
          unkicked++;
          if (unkicked == batch) {
            unkicked = 0;
            var unused = VirtioRing.kick(q);
          }
        }
        if (VirtioRing.getBuf(q) != 0) {
          moved = true;
          completed++;
        }
      }
      if (unkicked != 0) {
        unkicked = 0;
        var unused = VirtioRing.kick(q);
      }
      if (completed < buffers && VirtioRing.enableCb(q)) {
        used(q.device()).await();
      }
    }
  }

  private static boolean add(Virtqueue q, long buffer) {
    return VirtioRing.addInbuf(q, buffer, BUFFER_SIZE, buffer) == 0;
  }
}
