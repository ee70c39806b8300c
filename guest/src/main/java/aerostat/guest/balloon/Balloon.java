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
import aerostat.guest.machine.Ops;
import aerostat.guest.mm.PageReportingDevInfo;
import aerostat.guest.mm.Shrinker;
import aerostat.guest.virtio.VirtioDevice;
import aerostat.guest.virtio.Virtqueue;
import aerostat.guest.virtio.VirtqueueInfo;

/** The driver's state of one balloon (Linux's struct virtio_balloon), in guest memory. */
public record Balloon(long address) {
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
  private static final int OOM_SHRINKER = OOM_BLOCK + NotifierBlock.SIZE;
  private static final int PUFF_LIMIT = OOM_SHRINKER + Shrinker.SIZE;
  private static final int ERROR_LIMIT = PUFF_LIMIT + RateLimit.SIZE;
  private static final int VARIANT = ERROR_LIMIT + RateLimit.SIZE;
  private static final int REPORTING_VQ = VARIANT + 8;
  private static final int REPORTING = REPORTING_VQ + 8;
  private static final int PAGE_ORDER = REPORTING + PageReportingDevInfo.SIZE;
  private static final int OOM_PAGES = PAGE_ORDER + 4;
  private static final int OOM_BY_SHRINKER = OOM_PAGES + 4;
  private static final int DOWN = OOM_BY_SHRINKER + 4;
  private static final int ISOLATED = DOWN + 4;
  private static final int WAKEUP = ISOLATED + 4;
  private static final int INFOS = WAKEUP + 8;
  private static final int STATS = INFOS + BalloonIds.VQ_MAX * VirtqueueInfo.SIZE;
  private static final int HINTING = STATS + Stats.MAX_BYTES;
  private static final int VARIANT_DATA = HINTING + Hinting.SIZE;
  private static final int PFNS = VARIANT_DATA + BalloonIds.VARIANT_DATA_BYTES;

  /** Bytes of the structure. */
  static final int SIZE = PFNS + 4 * BalloonIds.PFNS_MAX;

  /** The balloon of a device that this driver has probed. */
  public static Balloon of(VirtioDevice device) {
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

  /** container_of for {@link #reporting}. */
  static Balloon ofReporting(PageReportingDevInfo prdev) {
    return new Balloon(prdev.address() - REPORTING);
  }

  public VirtioDevice device() {
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

  /** Only with VIRTIO_BALLOON_F_REPORTING. */
  Virtqueue reportingQueue() {
    return new Virtqueue(load64(address + REPORTING_VQ));
  }

  void setReportingQueue(Virtqueue reporting) {
    store64(address + REPORTING_VQ, reporting.address());
  }

  /** What free page reporting knows of this device (pr_dev_info). */
  PageReportingDevInfo reporting() {
    return new PageReportingDevInfo(address + REPORTING);
  }

  /** What makes this driver differ from others. */
  public BalloonVariant variant() {
    return Ops.of(load64(address + VARIANT));
  }

  void setVariant(BalloonVariant variant) {
    store64(address + VARIANT, Ops.id(variant));
  }

  /** {@link BalloonIds#VARIANT_DATA_BYTES} bytes of the variant's own, zero at probe. */
  public long variantData() {
    return address + VARIANT_DATA;
  }

  /** log2 of the 4 KiB pages that a guest page has: 0, 2 or 4. */
  int pageOrder() {
    return load32(address + PAGE_ORDER);
  }

  void setPageOrder(int order) {
    store32(address + PAGE_ORDER, order);
  }

  /** Balloon pages a guest page (P). */
  int pagesPerPage() {
    return 1 << pageOrder();
  }

  /** Balloon pages that one call for help in shortage of memory takes out. */
  int oomPages() {
    return load32(address + OOM_PAGES);
  }

  void setOomPages(int pages) {
    store32(address + OOM_PAGES, pages);
  }

  /** What keeps the machine awake: the bits of {@link BalloonWakeup}. */
  int wakeup() {
    return load32(address + WAKEUP);
  }

  void setWakeup(int signals) {
    store32(address + WAKEUP, signals);
  }

  /** Pages that are about to be moved, on no list (CLASSIC-15). */
  int isolated() {
    return load32(address + ISOLATED);
  }

  void addIsolated(int n) {
    store32(address + ISOLATED, isolated() + n);
  }

  /** Frozen, or not restored: there are no queues. */
  boolean isDown() {
    return load32(address + DOWN) != 0;
  }

  void setDown(boolean down) {
    store32(address + DOWN, down ? 1 : 0);
  }

  /** DEFLATE_ON_OOM is the shrinker's, not the OOM notifier's. */
  boolean oomByShrinker() {
    return load32(address + OOM_BY_SHRINKER) != 0;
  }

  void setOomByShrinker(boolean shrinker) {
    store32(address + OOM_BY_SHRINKER, shrinker ? 1 : 0);
  }

  /** Balloon pages in the balloon ({@code held}). */
  public long numPages() {
    return load64(address + NUM_PAGES);
  }

  void addNumPages(long n) {
    store64(address + NUM_PAGES, numPages() + n);
  }

  /** Entries in use of {@link #pfns}. */
  public int numPfns() {
    return load32(address + NUM_PFNS);
  }

  void setNumPfns(int n) {
    store32(address + NUM_PFNS, n);
  }

  /** No new work may be queued: the driver is going away. Under {@link #stopLock}. */
  public boolean isStopped() {
    return load32(address + STOP_UPDATE) != 0;
  }

  void setStopped(boolean stopped) {
    store32(address + STOP_UPDATE, stopped ? 1 : 0);
  }

  public SpinLock stopLock() {
    return new SpinLock(address + STOP_LOCK);
  }

  /** balloon_lock: pages, page numbers, inflate and deflate queue. */
  public Mutex lock() {
    return new Mutex(address + LOCK);
  }

  /** Threads that wait for the device to take a buffer. */
  public WaitQueueHead acked() {
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

  public WorkStruct sizeWork() {
    return new WorkStruct(address + SIZE_WORK);
  }

  WorkStruct statsWork() {
    return new WorkStruct(address + STATS_WORK);
  }

  NotifierBlock oomBlock() {
    return new NotifierBlock(address + OOM_BLOCK);
  }

  Shrinker oomShrinker() {
    return new Shrinker(address + OOM_SHRINKER);
  }

  /** How often it may be said that a buffer did not get through. */
  public RateLimit errorLimit() {
    return new RateLimit(address + ERROR_LIMIT);
  }

  /** How often "Out of puff" may be said. */
  RateLimit puffLimit() {
    return new RateLimit(address + PUFF_LIMIT);
  }

  /** The table of the five queue slots. */
  public VirtqueueInfo infos() {
    return new VirtqueueInfo(address + INFOS);
  }

  /** The buffer in which statistics travel. */
  long stats() {
    return address + STATS;
  }

  /** The state of free page hinting. */
  public Hinting hinting() {
    return new Hinting(address + HINTING);
  }

  /** The array in which page numbers travel. */
  public long pfns() {
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
