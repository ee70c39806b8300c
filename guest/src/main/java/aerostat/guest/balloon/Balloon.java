package aerostat.guest.balloon;

import static aerostat.guest.machine.Memory.load32;
import static aerostat.guest.machine.Memory.load64;
import static aerostat.guest.machine.Memory.store32;
import static aerostat.guest.machine.Memory.store64;

import aerostat.guest.kernel.ListHead;
import aerostat.guest.kernel.Mutex;
import aerostat.guest.kernel.NotifierBlock;
import aerostat.guest.kernel.RateLimit;
import aerostat.guest.kernel.SpinLock;
import aerostat.guest.kernel.WaitQueueHead;
import aerostat.guest.kernel.WorkStruct;
import aerostat.guest.virtio.VirtioDevice;
import aerostat.guest.virtio.Virtqueue;
import aerostat.guest.virtio.VirtqueueInfo;

/** The driver's state of one balloon (Linux's struct virtio_balloon), in guest memory. */
record Balloon(long address) {
  private static final int DEVICE = 0;
  private static final int INFLATE_VQ = 8;
  private static final int DEFLATE_VQ = 16;
  private static final int STATS_VQ = 24;
  private static final int NUM_PAGES = 32;
  private static final int NUM_PFNS = 40;
  private static final int STOP_UPDATE = 44;
  private static final int STOP_LOCK = 48;
  private static final int LOCK = STOP_LOCK + SpinLock.SIZE;
  private static final int ACKED = LOCK + Mutex.SIZE;
  private static final int PAGES = ACKED + WaitQueueHead.SIZE;
  private static final int FILL_LIST = PAGES + ListHead.SIZE;
  private static final int LEAK_LIST = FILL_LIST + ListHead.SIZE;
  private static final int SIZE_WORK = LEAK_LIST + ListHead.SIZE;
  private static final int STATS_WORK = SIZE_WORK + WorkStruct.SIZE;
  private static final int OOM_BLOCK = STATS_WORK + WorkStruct.SIZE;
  private static final int PUFF_LIMIT = OOM_BLOCK + NotifierBlock.SIZE;
  private static final int INFOS = PUFF_LIMIT + RateLimit.SIZE;
  private static final int STATS = INFOS + BalloonIds.VQ_MAX * VirtqueueInfo.SIZE;
  private static final int HINTING = STATS + Stats.MAX_BYTES;
  private static final int PFNS = HINTING + Hinting.SIZE;

  /** Bytes of the structure. */
  static final int SIZE = PFNS + 4 * BalloonIds.PFNS_MAX;

  /** The balloon of a device that this driver has probed. */
  static Balloon of(VirtioDevice device) {
    return new Balloon(device.priv());
  }

  /** container_of for {@link #sizeWork}. */
  static Balloon ofSizeWork(WorkStruct work) {
    return new Balloon(work.address() - SIZE_WORK);
  }

  /** container_of for {@link #statsWork}. */
  static Balloon ofStatsWork(WorkStruct work) {
    return new Balloon(work.address() - STATS_WORK);
  }

  /** container_of for {@link #hinting}. */
  static Balloon ofHinting(Hinting hinting) {
    return new Balloon(hinting.address() - HINTING);
  }

  VirtioDevice device() {
    return new VirtioDevice(load64(address + DEVICE));
  }

  void setDevice(VirtioDevice device) {
    store64(address + DEVICE, device.address());
  }

  Virtqueue inflateQueue() {
    return new Virtqueue(load64(address + INFLATE_VQ));
  }

  Virtqueue deflateQueue() {
    return new Virtqueue(load64(address + DEFLATE_VQ));
  }

  /** Only with VIRTIO_BALLOON_F_STATS_VQ (EDGE-03). */
  Virtqueue statsQueue() {
    return new Virtqueue(load64(address + STATS_VQ));
  }

  void setQueues(Virtqueue inflate, Virtqueue deflate) {
    store64(address + INFLATE_VQ, inflate.address());
    store64(address + DEFLATE_VQ, deflate.address());
  }

  void setStatsQueue(Virtqueue stats) {
    store64(address + STATS_VQ, stats.address());
  }

  /** Balloon pages in the balloon ({@code held}). */
  long numPages() {
    return load64(address + NUM_PAGES);
  }

  void addNumPages(long n) {
    store64(address + NUM_PAGES, numPages() + n);
  }

  /** Entries in use of {@link #pfns}. */
  int numPfns() {
    return load32(address + NUM_PFNS);
  }

  void setNumPfns(int n) {
    store32(address + NUM_PFNS, n);
  }

  /** No new work may be queued: the driver is going away. Under {@link #stopLock}. */
  boolean isStopped() {
    return load32(address + STOP_UPDATE) != 0;
  }

  void setStopped() {
    store32(address + STOP_UPDATE, 1);
  }

  SpinLock stopLock() {
    return new SpinLock(address + STOP_LOCK);
  }

  /** balloon_lock: pages, page numbers, inflate and deflate queue. */
  Mutex lock() {
    return new Mutex(address + LOCK);
  }

  /** Threads that wait for the device to take a buffer. */
  WaitQueueHead acked() {
    return new WaitQueueHead(address + ACKED);
  }

  /** The pages in the balloon, the one put in last first (CLASSIC-06). */
  ListHead pages() {
    return new ListHead(address + PAGES);
  }

  /** Pages allocated and not yet in the balloon; the size work's alone. */
  ListHead fillList() {
    return new ListHead(address + FILL_LIST);
  }

  /** Pages taken out and not yet free; under {@link #lock}. */
  ListHead leakList() {
    return new ListHead(address + LEAK_LIST);
  }

  WorkStruct sizeWork() {
    return new WorkStruct(address + SIZE_WORK);
  }

  WorkStruct statsWork() {
    return new WorkStruct(address + STATS_WORK);
  }

  NotifierBlock oomBlock() {
    return new NotifierBlock(address + OOM_BLOCK);
  }

  /** How often "Out of puff" may be said. */
  RateLimit puffLimit() {
    return new RateLimit(address + PUFF_LIMIT);
  }

  /** The table of the five queue slots. */
  VirtqueueInfo infos() {
    return new VirtqueueInfo(address + INFOS);
  }

  /** The buffer in which statistics travel. */
  long stats() {
    return address + STATS;
  }

  /** The state of free page hinting. */
  Hinting hinting() {
    return new Hinting(address + HINTING);
  }

  /** The array in which page numbers travel. */
  long pfns() {
    return address + PFNS;
  }

  void init(VirtioDevice device) {
    setDevice(device);
    stopLock().init();
    lock().init();
    acked().init();
    pages().init();
    fillList().init();
    leakList().init();
    sizeWork().init(Inflate::sizeWork);
    statsWork().init(Stats::work);
  }
}
