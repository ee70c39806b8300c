package aerostat.devices.balloon;

import static aerostat.devices.balloon.BalloonLayout.FREE_PAGES_FLAGS;
import static aerostat.devices.balloon.BalloonLayout.FREE_PAGES_GPA;
import static aerostat.devices.balloon.BalloonLayout.FREE_PAGES_HELD;
import static aerostat.devices.balloon.BalloonLayout.FREE_PAGES_ID;
import static aerostat.devices.balloon.BalloonLayout.U64;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.trace.TraceLine;
import aerostat.mmio.virtio.DescriptorChain;
import aerostat.mmio.virtio.QueueViolation;
import aerostat.mmio.virtio.VirtioPort;
import aerostat.mmio.virtio.Virtqueue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * GET_FREE_PAGES, device side: the generation of 2016 (BITMAP-*, {@link FreePagesLayout}).
 *
 * <p>The device holds the driver's request buffer until a migration starts, fills and returns it,
 * and takes the replies. There is one buffer, so at most one request is out, and a reply belongs to
 * it even where no id says so. A reply to a request of another migration, or to one that was
 * stopped, says nothing about pages now (MIG-22) and is dropped; then the device asks again.
 */
final class FreePagesMachine implements FreePageSource {
  /** A migration wants a request to go out as soon as there is a buffer for it. */
  static final int WANTED = 1;

  /** A request is out. */
  static final int ASKED = 2;

  /** What answers it is dropped. */
  static final int STALE = 4;

  static final int ALL_FLAGS = WANTED | ASKED | STALE;

  /** Bytes of bitmap in one reply where replies come in pieces: 128 MiB of memory. */
  static final long CHUNK_BYTES = 4096;

  private final BalloonState state;
  private final VirtioPort port;
  private final GuestMemory memory;
  private final Supplier<@Nullable Virtqueue> ownQueue;
  private final FreePagesAction action;
  private final PageBitmapReader bitmap;
  private final MemorySegment request =
      Arena.ofAuto().allocate(FreePagesLayout.EXTENDED_REQUEST_BYTES, 8);
  private final MemorySegment header =
      Arena.ofAuto().allocate(FreePagesLayout.EXTENDED_HEADER_BYTES, 8);
  private int dropCaches;
  private @Nullable FreePageHintSink sink;

  /** Whom the guest has answered; it is not asked twice. */
  private @Nullable FreePageHintSink answered;

  FreePagesMachine(
      BalloonState state,
      VirtioPort port,
      Supplier<@Nullable Virtqueue> ownQueue,
      BalloonOptions options) {
    this.state = state;
    this.port = port;
    this.memory = port.memory();
    this.ownQueue = ownQueue;
    this.action = new FreePagesAction(state, memory, options);
    this.bitmap = new PageBitmapReader(memory);
  }

  /**
   * What the guest is to drop before it looks: bit 0 page cache, bit 1 slab.
   *
   * @throws IllegalArgumentException for other bits
   */
  void dropCaches(int bits) {
    if ((bits & ~3) != 0) {
      throw new IllegalArgumentException("drop caches " + bits + ": 0 to 3");
    }
    dropCaches = bits;
  }

  @Override
  public void start(FreePageHintSink newSink) {
    boolean same = newSink == sink && (flags() & (WANTED | ASKED)) != 0 && !has(STALE);
    sink = newSink;
    if (same || newSink == answered) {
      return;
    }
    if (has(ASKED)) {
      set(flags() | STALE);
    }
    set(flags() | WANTED);
    ask();
  }

  @Override
  public void stop() {
    sink = null;
    set(has(ASKED) ? ASKED | STALE : 0);
  }

  @Override
  public void done() {
    stop(); // the guest holds nothing
    answered = null;
  }

  @Override
  public boolean roundOver() {
    return sink != null && sink == answered;
  }

  @Override
  public boolean handle(Virtqueue queue) {
    DescriptorChain chain = queue.pop();
    if (chain == null) {
      return false;
    }
    if (chain.readables() > 0) {
      reply(chain);
      queue.push(chain.head(), 0);
    } else {
      take(chain, queue);
    }
    ask();
    return true;
  }

  private boolean extended() {
    return (port.features() & FreePagesLayout.F_REQUEST_ID) != 0;
  }

  private int requestBytes() {
    return extended()
        ? FreePagesLayout.EXTENDED_REQUEST_BYTES
        : FreePagesLayout.PLAIN_REQUEST_BYTES;
  }

  /** The driver's request buffer, to be held; a second one goes straight back, unused. */
  private void take(DescriptorChain chain, Virtqueue queue) {
    int need = requestBytes();
    if (state.get32(FREE_PAGES_HELD) != 0) {
      queue.push(chain.head(), 0);
      return;
    }
    long gpa = chain.writableAddress(0);
    if (chain.writableLength(0) < need || !memory.isWritable(gpa, need)) {
      throw new QueueViolation(
          "request buffer of " + chain.writableLength(0) + " bytes at 0x" + Long.toHexString(gpa));
    }
    state.set32(FREE_PAGES_HELD, chain.head() + 1);
    state.set64(FREE_PAGES_GPA, gpa);
  }

  /** Sends the request that is wanted, if there is a buffer and none is out. */
  private void ask() {
    int held = state.get32(FREE_PAGES_HELD);
    if (!has(WANTED) || has(ASKED) || held == 0 || !port.driverOk()) {
      return;
    }
    long id = state.get64(FREE_PAGES_ID) + 1;
    request.set(U64, FreePagesLayout.DROP, dropCaches);
    request.set(U64, FreePagesLayout.ID, id);
    request.set(U64, FreePagesLayout.CHUNK, CHUNK_BYTES);
    int bytes = requestBytes();
    memory.write(state.get64(FREE_PAGES_GPA), request, 0, bytes);
    state.set64(FREE_PAGES_ID, id);
    state.set32(FREE_PAGES_HELD, 0);
    set(ASKED);
    state.count(BalloonCounter.FREE_PAGES_REQUESTS, 1);
    if (port.trace().on()) {
      TraceLine.of(port.name(), "free-pages-request")
          .num("id", id)
          .num("drop", dropCaches)
          .to(port.trace());
    }
    Objects.requireNonNull(ownQueue.get()).push(held - 1, bytes);
  }

  private void reply(DescriptorChain chain) {
    int headerBytes =
        extended() ? FreePagesLayout.EXTENDED_HEADER_BYTES : FreePagesLayout.PLAIN_HEADER_BYTES;
    if (chain.readableBytes() < headerBytes) {
      throw new QueueViolation("free page reply of " + chain.readableBytes() + " bytes");
    }
    chain.read(memory, 0, header, headerBytes);
    boolean last =
        !extended()
            || (header.get(U64, FreePagesLayout.REPLY_FLAGS) & FreePagesLayout.FLAG_LAST) != 0;
    long first = extended() ? header.get(U64, FreePagesLayout.FIRST_PFN) : 0;
    long length = header.get(U64, FreePagesLayout.LENGTH);
    PageBitmapReader.check(memory, first, length, chain.readableBytes() - headerBytes);
    if (extended() && length > CHUNK_BYTES) {
      throw new QueueViolation(
          "free page bitmap of " + length + " bytes, " + CHUNK_BYTES + " asked");
    }
    boolean current =
        has(ASKED)
            && !has(STALE)
            && (!extended()
                || header.get(U64, FreePagesLayout.REPLY_ID) == state.get64(FREE_PAGES_ID));
    FreePageHintSink to = sink;
    if (current && to != null) {
      long pages = bitmap.read(chain, headerBytes, first, length, action.into(to));
      traced(first, length, pages);
    } else {
      state.count(BalloonCounter.FREE_PAGES_REPLIES_IGNORED, 1);
    }
    if (last && has(ASKED)) {
      answered = current ? to : answered;
      set(flags() & WANTED);
    }
  }

  private void traced(long first, long length, long pages) {
    if (port.trace().on()) {
      TraceLine.of(port.name(), "free-pages")
          .num("id", state.get64(FREE_PAGES_ID))
          .hex("pfn", first)
          .num("bytes", length)
          .num("pages", pages)
          .to(port.trace());
    }
  }

  @Override
  public void reset() {
    sink = null;
    answered = null;
    queueStopped();
    action.reset();
  }

  @Override
  public void queueStopped() {
    state.set32(FREE_PAGES_HELD, 0);
    state.set64(FREE_PAGES_GPA, 0);
    set(0);
  }

  @Override
  public void restored() {
    sink = null;
    answered = null;
    int held = state.get32(FREE_PAGES_HELD);
    Virtqueue queue = ownQueue.get();
    boolean possible = held == 0 || (queue != null && queue.mayHold(held - 1));
    BalloonState.require(port.name(), "held request buffer", possible, held);
    long gpa = state.get64(FREE_PAGES_GPA);
    boolean writable = memory.isWritable(gpa, requestBytes());
    BalloonState.require(port.name(), "request buffer", held == 0 || writable, gpa);
    BalloonState.require(port.name(), "request flags", (flags() & ~ALL_FLAGS) == 0, flags());
  }

  private int flags() {
    return state.get32(FREE_PAGES_FLAGS);
  }

  private boolean has(int flag) {
    return (flags() & flag) != 0;
  }

  private void set(int flags) {
    state.set32(FREE_PAGES_FLAGS, flags);
  }
}
