package aerostat.tools.fuzz.queue;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.virtio.DescriptorChain;
import aerostat.mmio.virtio.MmioRegisters;
import aerostat.mmio.virtio.QueueViolation;
import aerostat.mmio.virtio.Virtio;
import aerostat.mmio.virtio.VirtioDevice;
import aerostat.mmio.virtio.VirtioPort;
import aerostat.mmio.virtio.Virtqueue;
import aerostat.tools.fuzz.FuzzFinding;
import aerostat.tools.fuzz.Outcomes;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The device behind the rings: takes chains, writes into what is writable, returns them at once or
 * later, and looks at every chain as no device has to.
 */
final class EchoDevice implements VirtioDevice {
  /** Sizes by queue; there is no queue 2. */
  private static final int[] SIZES = {128, 128, 0, 128};

  static final int QUEUES = SIZES.length;

  /** The queue whose writable parts are ranges only. */
  private static final int RANGES = 3;

  private static final int MOST_WRITTEN = 4096;
  private static final int MOST_KEPT = 64;
  private static final int WINDOW = 4096;

  /** What to do with a chain. */
  enum Policy {
    RETURN,
    KEEP,
    PUT_BACK,
    LEAVE
  }

  private record Kept(int queue, int head, long written) {}

  private final long options;
  private final long required;
  private final Outcomes outcomes;
  private final MemorySegment data = MemorySegment.ofArray(new byte[MOST_WRITTEN]);
  private final List<Kept> kept = new ArrayList<>();
  private @Nullable VirtioPort port;
  private @Nullable RingAreas areas;
  private @Nullable Shadow shadow;
  private @Nullable Mutations mutations;
  private @Nullable FuzzFinding failure;
  private Policy policy = Policy.RETURN;

  /**
   * @param required features that every driver has to take
   */
  EchoDevice(long options, long required, Outcomes outcomes) {
    this.options = options;
    this.required = required;
    this.outcomes = outcomes;
    data.fill((byte) 0xe0);
  }

  void watch(RingAreas where, Shadow expected, Mutations racing) {
    areas = where;
    shadow = expected;
    mutations = racing;
  }

  void begin() {
    kept.clear();
    failure = null;
    policy = Policy.RETURN;
  }

  void policy(Policy next) {
    policy = next;
  }

  /** What a look at a chain found; the transport would take it for a failure of the device. */
  @Nullable FuzzFinding failure() {
    return failure;
  }

  VirtioPort port() {
    return Objects.requireNonNull(port);
  }

  /** Returns a chain that was kept, if there is one and the device may. */
  boolean giveBack(int which) {
    if (kept.isEmpty() || !port().driverOk()) {
      return false;
    }
    Kept one = kept.remove(which % kept.size());
    push(one.queue, port().queue(one.queue), one.head, one.written);
    return true;
  }

  @Override
  public boolean handle(int queue, Virtqueue virtqueue) {
    try {
      return policy != Policy.LEAVE && take(queue, virtqueue);
    } catch (QueueViolation refused) {
      outcomes.saw(String.valueOf(refused.getMessage()));
      throw refused;
    } catch (FuzzFinding finding) {
      failure = finding;
    } catch (RuntimeException | Error e) {
      failure = new FuzzFinding("exception", String.valueOf(e), e);
    }
    return false;
  }

  private boolean take(int queue, Virtqueue virtqueue) {
    RingAreas.Ring ring = Objects.requireNonNull(areas).ring(queue);
    int before = virtqueue.inFlight();
    DescriptorChain chain = virtqueue.pop();
    allowEvent(ring);
    if (chain == null) {
      return false;
    }
    ring.popped++;
    require(
        virtqueue.inFlight() == before + 1 && before < virtqueue.size(), "in flight", "one more");
    boolean racing = Objects.requireNonNull(mutations).active(false);
    long written = look(queue, virtqueue, chain);
    mutations.active(racing);
    outcomes.saw(
        1_000 * policy.ordinal() + 100 * Math.min(9, chain.readables()) + chain.writables() % 100);
    if (policy == Policy.PUT_BACK) {
      virtqueue.unpop(chain.head());
      ring.popped--;
      require(virtqueue.inFlight() == before, "in flight", "as before");
      return false;
    }
    if (policy == Policy.KEEP && kept.size() < MOST_KEPT) {
      kept.add(new Kept(queue, chain.head(), written));
    } else {
      push(queue, virtqueue, chain.head(), written);
    }
    return true;
  }

  /** A chain was checked when it was taken: all of it can be read and written now. */
  private long look(int queue, Virtqueue virtqueue, DescriptorChain chain) {
    GuestMemory memory = port().memory();
    require(
        chain.count() >= 1 && chain.count() <= DescriptorChain.MAX_DESCRIPTORS,
        "chain",
        "number of descriptors");
    require(virtqueue.mayHold(chain.head()), "chain", "a head that the queue cannot have");
    try {
      long most = Math.min(chain.readableBytes(), MOST_WRITTEN);
      byte[] room = new byte[(int) most];
      long read = chain.read(memory, 0, MemorySegment.ofArray(room), most);
      require(read == most, "chain", "readable bytes");
      if (most > 0) {
        long last = chain.read(memory, chain.readableBytes() - 1, MemorySegment.ofArray(room), 1);
        require(last == 1, "chain", "the last readable byte");
      }
    } catch (RuntimeException e) {
      throw new FuzzFinding("chain", "a readable part that cannot be read: " + e.getMessage(), e);
    }
    if (queue == RANGES) {
      return 0;
    }
    for (int i = 0; i < chain.writables(); i++) {
      require(
          memory.isWritable(chain.writableAddress(i), chain.writableLength(i)),
          "chain",
          "a writable part that is none");
    }
    return write(chain, memory);
  }

  private long write(DescriptorChain chain, GuestMemory memory) {
    long bytes = Math.min(chain.writableBytes(), MOST_WRITTEN);
    long written = chain.write(memory, data, bytes);
    require(written == bytes, "chain", "writable bytes");
    long left = bytes;
    for (int i = 0; i < chain.writables() && left > 0; i++) {
      long here = Math.min(left, chain.writableLength(i));
      Objects.requireNonNull(shadow).allow(chain.writableAddress(i), here);
      left -= here;
    }
    return written;
  }

  private void push(int queue, Virtqueue virtqueue, int head, long written) {
    RingAreas.Ring ring = Objects.requireNonNull(areas).ring(queue);
    Mutations racing = Objects.requireNonNull(mutations);
    int changes = racing.done();
    boolean wanted = wanted(ring, head);
    virtqueue.push(head, written);
    boolean quiet = racing.done() == changes;
    boolean active = racing.active(false);
    if (packed()) {
      packedUsed(ring, head, written, quiet);
    } else {
      splitUsed(ring, head, written, quiet);
    }
    racing.active(active);
    require(
        !quiet || !wanted || (status() & Virtio.INTERRUPT_USED) != 0,
        "interrupt",
        "none for a buffer whose driver waits");
  }

  private int status() {
    return (int) Objects.requireNonNull(areas).read(MmioRegisters.INTERRUPT_STATUS, 4);
  }

  /**
   * Whether the driver wants to know of the next used buffer, by what it wrote (2.7.10, 2.8.10).
   */
  private boolean wanted(RingAreas.Ring ring, int head) {
    GuestMemory memory = port().memory();
    boolean active = Objects.requireNonNull(mutations).active(false);
    try {
      boolean eventIndex = (port().features() & Virtio.F_EVENT_IDX) != 0;
      if (packed()) {
        int flags = memory.load16(ring.driver + 2) & 3;
        if (flags != Virtio.EVENT_DESC || !eventIndex) {
          return flags != Virtio.EVENT_DISABLE;
        }
        int event = memory.load16(ring.driver);
        int slot = event & 0x7fff;
        int ahead = slot - ring.usedSlot;
        if ((event & 0x8000) != 0 != ring.usedWrap) {
          ahead += ring.size;
        }
        return ahead >= 0 && ahead <= head >>> 16;
      }
      if (eventIndex) {
        return memory.load16(ring.driver + 4 + 2L * ring.size) == (ring.pushed & 0xffff);
      }
      return (memory.load16(ring.driver) & 1) == 0;
    } finally {
      mutations.active(active);
    }
  }

  private void splitUsed(RingAreas.Ring ring, int head, long written, boolean quiet) {
    GuestMemory memory = port().memory();
    long entry = ring.device + 4 + 8L * (ring.pushed & ring.size - 1);
    ring.pushed++;
    if (quiet) {
      require(
          memory.load32(entry) == head
              && memory.load32(entry + 4) == (int) written
              && memory.load16(ring.device + 2) == (ring.pushed & 0xffff),
          "used ring",
          "entry or index");
    }
    Objects.requireNonNull(shadow).allow(entry, 8);
    shadow.allow(ring.device + 2, 2);
  }

  private void packedUsed(RingAreas.Ring ring, int head, long written, boolean quiet) {
    GuestMemory memory = port().memory();
    long slot = ring.descriptors + 16L * ring.usedSlot;
    int flags =
        (ring.usedWrap ? Virtio.DESC_AVAIL | Virtio.DESC_USED : 0)
            | (written > 0 ? Virtio.DESC_WRITE : 0);
    if (quiet) {
      require(
          memory.load32(slot + 8) == (int) written
              && memory.load16(slot + 12) == (head & 0xffff)
              && memory.load16(slot + 14) == flags,
          "used ring",
          "used descriptor");
    }
    Objects.requireNonNull(shadow).allow(slot + 8, 8);
    ring.pushed++;
    ring.usedSlot += (head >>> 16) + 1;
    if (ring.usedSlot >= ring.size) {
      ring.usedSlot -= ring.size;
      ring.usedWrap = !ring.usedWrap;
    }
  }

  /** Where the device says when it wants to be notified. */
  private void allowEvent(RingAreas.Ring ring) {
    if ((port().features() & Virtio.F_EVENT_IDX) != 0) {
      boolean packed = packed();
      long event = packed ? ring.device : ring.device + 4 + 8L * ring.size;
      Objects.requireNonNull(shadow).allow(event, packed ? Virtio.EVENT_SIZE : 2);
    }
  }

  private boolean packed() {
    return (port().features() & Virtio.F_RING_PACKED) != 0;
  }

  private static void require(boolean holds, String property, String what) {
    if (!holds) {
      throw new FuzzFinding(property, what);
    }
  }

  // ---- the rest of a device ----

  @Override
  public int deviceId() {
    return 42;
  }

  @Override
  public long offeredFeatures() {
    return 0x3f;
  }

  @Override
  public long transportOptions() {
    return options;
  }

  @Override
  public boolean acceptsFeatures(long features) {
    return (features & required) == required;
  }

  @Override
  public int queueCount() {
    return QUEUES;
  }

  @Override
  public int queueSizeMax(int queue) {
    return SIZES[queue];
  }

  @Override
  public boolean writableAreRanges(int queue) {
    return queue == RANGES;
  }

  @Override
  public int configSize() {
    return 8;
  }

  @Override
  public int readConfig(int offset, int width) {
    return Arrays.hashCode(new int[] {offset, width}) & WINDOW - 1;
  }

  @Override
  public void writeConfig(int offset, int width, int value) {
    // Nothing in it can be written.
  }

  @Override
  public void attach(VirtioPort given) {
    port = given;
  }

  @Override
  public void queueStopped(int queue) {
    kept.removeIf(one -> one.queue == queue);
  }

  @Override
  public void reset() {
    kept.clear();
  }
}
