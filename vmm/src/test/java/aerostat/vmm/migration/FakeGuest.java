package aerostat.vmm.migration;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import aerostat.devices.balloon.BalloonHost;
import aerostat.devices.balloon.BalloonOptions;
import aerostat.devices.balloon.FreePageHintSink;
import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.state.FlatState;
import aerostat.mmio.state.StateRefusedException;
import aerostat.mmio.virtio.VirtioMmioOptions;
import aerostat.vmm.machine.MachineConfig;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.guest.MovableGuest;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A guest made by hand: while it runs, a thread writes a new number into a random page of its
 * working set. How often each page was written lies in the guest's own memory, so a page that was
 * lost on a move shows as a difference between two places.
 */
public final class FakeGuest implements MovableGuest {
  static final long SEED = 42;
  private static final int PAGE = GuestMemory.PAGE_SIZE;

  public final GuestMemory memory;
  final FlatState flat = new FlatState();
  final MemorySegment slice;
  public final FakeBalloon balloon = new FakeBalloon();
  private final MachineConfig config;
  private final byte[] image;
  private final ReentrantLock lock = new ReentrantLock();
  private final long table;
  private final int worksetPages;
  private @Nullable Thread vcpu;
  private volatile boolean run;
  private volatile RunState state;
  volatile boolean closed;
  volatile byte[] code = new byte[32];

  FakeGuest(MachineConfig config, byte[] image, RunState state) {
    this.config = config;
    this.image = image.clone();
    this.state = state;
    this.memory = GuestMemory.anonymous(config.memoryBytes());
    memory.installRom(image);
    this.slice =
        flat.slice(
            "fake",
            1,
            64,
            () -> {
              if (this.slice().get(JAVA_LONG, 8) < 0) {
                throw new StateRefusedException("negative counter");
              }
            });
    flat.seal();
    this.table = GuestMemory.RAM_BASE + memory.romSize();
    this.worksetPages = (int) Math.min(400, memory.pages() / 4);
  }

  private MemorySegment slice() {
    return slice;
  }

  public static FakeGuest fresh(long memoryBytes) {
    byte[] image = new byte[6000];
    new Random(SEED).nextBytes(image);
    return new FakeGuest(config(memoryBytes), image, RunState.PRELAUNCH);
  }

  public static MachineConfig config(long memoryBytes) {
    return new MachineConfig(
        memoryBytes, "x=1", BalloonOptions.DEFAULT, VirtioMmioOptions.DEFAULT, false, SEED, "");
  }

  private long data(int page) {
    long tablePages = (worksetPages * 8L + PAGE - 1) / PAGE;
    return table + (tablePages + 2L * page) * PAGE;
  }

  /** One step of the guest: count first, then the data. */
  private void step(Random random) {
    int page = random.nextInt(worksetPages);
    long count = memory.load64(table + 8L * page) + 1;
    memory.store64(table + 8L * page, count);
    memory.store64(data(page) + 8L * random.nextInt(4), count);
    memory.store64(data(page) + 4088, count);
    slice.set(JAVA_LONG, 8, slice.get(JAVA_LONG, 8) + 1);
  }

  /** Pages whose data is not what the table says. */
  public int lost() {
    int lost = 0;
    for (int page = 0; page < worksetPages; page++) {
      if (memory.load64(data(page) + 4088) != memory.load64(table + 8L * page)) {
        lost++;
      }
    }
    return lost;
  }

  long steps() {
    return slice.get(JAVA_LONG, 8);
  }

  /** Fills a range with bytes that are not zero. */
  public void fillRandom(long offset, long length) {
    byte[] bytes = new byte[(int) length];
    new Random(SEED + offset).nextBytes(bytes);
    memory.write(GuestMemory.RAM_BASE + offset, MemorySegment.ofArray(bytes), 0, length);
  }

  byte[] ram() {
    return memory.segment().toArray(java.lang.foreign.ValueLayout.JAVA_BYTE);
  }

  @Override
  public MachineConfig config() {
    return config;
  }

  @Override
  public GuestMemory memory() {
    return memory;
  }

  @Override
  public FlatState flatState() {
    return flat;
  }

  @Override
  public byte[] imageBytes() {
    return image.clone();
  }

  @Override
  public byte[] imageDigest() {
    return code.clone();
  }

  @Override
  public byte[] resumeTableDigest() {
    return Arrays.copyOf(code, 32);
  }

  @Override
  public RunState state() {
    return state;
  }

  @Override
  public void pause(RunState to) {
    stopVcpu();
    if (state == RunState.RUNNING) {
      state = to;
    }
  }

  private synchronized void stopVcpu() {
    Thread running = vcpu;
    vcpu = null;
    run = false;
    if (running != null) {
      try {
        running.join();
      } catch (InterruptedException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Override
  public void resume() {
    start();
  }

  @Override
  public synchronized void start() {
    if (closed || vcpu != null) {
      throw new IllegalStateException("cannot start: closed " + closed);
    }
    state = RunState.RUNNING;
    run = true;
    Thread thread =
        new Thread(
            () -> {
              Random random = new Random(SEED + steps());
              while (run) {
                step(random);
                balloon.poll();
              }
            },
            "fake-vcpu");
    thread.setDaemon(true);
    vcpu = thread;
    thread.start();
  }

  @Override
  public void setState(RunState to) {
    state = to;
  }

  @Override
  public ReentrantLock lock() {
    return lock;
  }

  @Override
  public BalloonHost balloon() {
    return balloon;
  }

  @Override
  public void close() {
    stopVcpu();
    closed = true;
    memory.close();
  }

  /** Hints the second half of RAM as soon as it is asked. */
  public final class FakeBalloon implements BalloonHost {
    public volatile boolean hinting;

    /** Answers requests, as a guest of 2016, and not ids. */
    public volatile boolean requests;

    /** Never answers. */
    public volatile boolean mute;

    final StringBuffer calls = new StringBuffer();
    private volatile @Nullable FreePageHintSink sink;
    private volatile boolean told;

    private void poll() {
      if (sink == null || told || mute) {
        return;
      }
      lock.lock();
      try {
        FreePageHintSink to = sink;
        if (to != null) {
          told = true;
          long half = memory.size() / 2;
          for (long at = half; at < memory.size(); at += 1 << 20) {
            to.hint(GuestMemory.RAM_BASE + at, Math.min(1 << 20, memory.size() - at));
          }
        }
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void setTarget(long bytes) {}

    @Override
    public long actualBytes() {
      return memory.size();
    }

    @Override
    public boolean driverReady() {
      return true;
    }

    @Override
    public Map<String, Long> stats() {
      return Map.of();
    }

    @Override
    public long statsLastUpdate() {
      return 0;
    }

    @Override
    public void setStatsPollingInterval(int seconds) {}

    @Override
    public int statsPollingInterval() {
      return 0;
    }

    @Override
    public void onActualChanged(LongConsumer listener) {}

    @Override
    public boolean hintingPossible() {
      return hinting;
    }

    @Override
    public boolean answersRequests() {
      return requests;
    }

    @Override
    public boolean hintRoundOver() {
      return requests && told;
    }

    @Override
    public void hintStart(FreePageHintSink to) {
      calls.append(">");
      told &= requests; // a request is answered once
      sink = to;
    }

    @Override
    public void hintStop() {
      calls.append("|");
      sink = null;
    }

    @Override
    public void hintDone() {
      calls.append(".");
      sink = null;
    }
  }
}
