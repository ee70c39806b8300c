package aerostat.guest.balloon.variant;

import static aerostat.guest.machine.Memory.load32;
import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store32;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.balloon.Balloon;
import aerostat.guest.balloon.BalloonIds;
import aerostat.guest.kernel.Scatterlist;
import aerostat.guest.kernel.WaitCondition;
import aerostat.guest.kernel.WorkStruct;
import aerostat.guest.kernel.Workqueue;
import aerostat.guest.machine.Cpu;
import aerostat.guest.mm.Slab;
import aerostat.guest.virtio.VirtioRing;
import aerostat.guest.virtio.Virtqueue;

/** A request for free pages and its reply, in the data of {@link Bitmap2016}. */
record FreePageRequest(long address) {
  private static final int BALLOON = 0;
  private static final int REPLY_OUT = 8;
  private static final int BUFFER = 16;
  private static final int HEADER = BUFFER + 32;
  private static final int BITMAP = HEADER + 32;
  private static final int SG = BITMAP + FreePageBitmap.SIZE;
  private static final int WORK = SG + 2 * Scatterlist.SIZE;

  /** Bytes of the variant's data that this is. */
  static final int SIZE = WORK + WorkStruct.SIZE;

  private static final int PLAIN_BYTES = 8;
  private static final int EXTENDED_BYTES = 32;

  static FreePageRequest of(Balloon vb) {
    return new FreePageRequest(vb.variantData());
  }

  static FreePageRequest ofWork(WorkStruct work) {
    return new FreePageRequest(work.address() - WORK);
  }

  Balloon balloon() {
    return new Balloon(load64(address + BALLOON));
  }

  Virtqueue queue() {
    return balloon().infos().at(BalloonIds.VQ_FREE_PAGE).queue();
  }

  WorkStruct work() {
    return new WorkStruct(address + WORK);
  }

  FreePageBitmap bitmap() {
    return new FreePageBitmap(address + BITMAP);
  }

  /** With request ids. */
  boolean extended() {
    return balloon().device().hasFeature(Bitmap2016.F_REQUEST_ID);
  }

  /** Bytes of a request, and of a reply's header. */
  private int bytes() {
    return extended() ? EXTENDED_BYTES : PLAIN_BYTES;
  }

  /** Caches that are to be dropped. */
  int drop() {
    return (int) load64(address + BUFFER) & 3;
  }

  long id() {
    return load64(address + BUFFER + 8);
  }

  /** Most bytes of a bitmap in a reply. */
  long chunk() {
    long wanted = load64(address + BUFFER + 16) & -8;
    return wanted <= 0 ? Long.MAX_VALUE : wanted;
  }

  /** Whether a reply is with the device. */
  boolean replyOut() {
    return load32(address + REPLY_OUT) != 0;
  }

  void setReplyOut(boolean out) {
    store32(address + REPLY_OUT, out ? 1 : 0);
  }

  /** The header of a reply and, in a reply to come, its pieces. */
  long header() {
    return address + HEADER;
  }

  Scatterlist pieces() {
    return new Scatterlist(address + SG);
  }

  /** Bytes of a reply's header. */
  int headerBytes() {
    return bytes();
  }

  /** Before there is a queue that may call back. */
  void init(Balloon vb) {
    store64(address + BALLOON, vb.address());
    setReplyOut(false);
    work().init(FreePageReply::work);
  }

  /**
   * Gives the request buffer to the device (BITMAP-02), which is told of the first after DRIVER_OK.
   * 0, or a negative error.
   */
  int post() {
    int flags = Cpu.irqSave();
    int error = VirtioRing.addInbuf(queue(), address + BUFFER, bytes(), address + BUFFER);
    Cpu.irqRestore(flags);
    return error;
  }

  void release() {
    Slab.kfree(bitmap().bits());
    bitmap().set(0, 0);
  }

  /** free_pages_rq: the device has used a buffer of the queue. In interrupt. */
  static void called(Virtqueue q) {
    FreePageRequest r = of(Balloon.of(q.device()));
    boolean more = r.takeUsed(q);
    // One buffer an interrupt, as posted: of two that come together the second is never looked at
    // (BITMAP-03). With request ids all are taken.
    while (more && r.extended()) {
      more = r.takeUsed(q);
    }
  }

  /** Takes one used buffer; false if there is none. Interrupts are off. */
  boolean takeUsed(Virtqueue q) {
    long token = VirtioRing.getBuf(q);
    if (token == address) {
      setReplyOut(false);
      balloon().acked().wakeUp();
    } else if (token != 0 && q.lastLength() == bytes()) {
      begin();
    } else if (q.isBroken()) {
      balloon().acked().wakeUp();
    }
    return token != 0;
  }

  /** What sleeps cannot be done in interrupt, as the series tried to (BITMAP-07). */
  private void begin() {
    Balloon vb = balloon();
    int flags = vb.stopLock().lockIrqsave();
    if (!vb.isStopped()) {
      var unused = Workqueue.systemFreezable().queueWork(work());
    }
    vb.stopLock().unlockIrqrestore(flags);
  }

  /**
   * Sleeps until header and bitmap are the driver's again. False if the device keeps them, because
   * its queue is broken or the driver goes.
   */
  boolean awaitReplied() {
    balloon().acked().waitEvent(new Replied(), address);
    return !replyOut();
  }

  /** The device has used the reply, or need not any more. */
  record Replied() implements WaitCondition {
    @Override
    public boolean test(long data) {
      FreePageRequest r = new FreePageRequest(data);
      int flags = Cpu.irqSave();
      // As posted, a reply that came with a request has not been looked at yet (BITMAP-03).
      while (r.replyOut() && r.takeUsed(r.queue())) {}
      Cpu.irqRestore(flags);
      return !r.replyOut() || r.queue().isBroken() || r.balloon().isStopped();
    }
  }
}
