package aerostat.devices.balloon;

import static aerostat.devices.balloon.BalloonLayout.U32;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageOwners;
import aerostat.mmio.trace.TraceLine;
import aerostat.mmio.virtio.DescriptorChain;
import aerostat.mmio.virtio.QueueViolation;
import aerostat.mmio.virtio.VirtioPort;
import aerostat.mmio.virtio.Virtqueue;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Free page hinting, device side: the state table F.3 and rules DEV-13 to DEV-19. Status and
 * clearing are under one lock, the machine's, so after {@link #stop} no hint reaches the sink
 * (DEV-16).
 */
final class HintMachine implements FreePageSource {
  private final BalloonState state;
  private final VirtioPort port;
  private final GuestMemory memory;
  private final MemorySegment command = Arena.ofAuto().allocate(4, 4);

  /** Of the running migration; null ignores the ranges (DEV-19). */
  private @Nullable FreePageHintSink sink;

  private HintErrors errors = HintErrors.NONE;

  /** With {@link HintErrors#stopWithoutLock}: a hint that was seen in START and is not done yet. */
  private @Nullable HintUnderWay underWay;

  private record HintUnderWay(int head, long gpa, long length, FreePageHintSink sink) {}

  HintMachine(BalloonState state, VirtioPort port) {
    this.state = state;
    this.port = port;
    this.memory = port.memory();
  }

  @Override
  public void start(FreePageHintSink newSink) {
    sink = newSink;
    errors = newSink.errors();
    int id = state.get32(BalloonLayout.HINT_COMMAND) + 1;
    // From 0xFFFFFFFF the ids start over at their minimum, never at 0 or 1 (EDGE-48).
    state.set32(BalloonLayout.HINT_COMMAND, id == 0 ? BalloonLayout.COMMAND_MIN : id);
    state.count(BalloonCounter.HINT_COMMANDS, 1);
    moveTo(HintStatus.REQUESTED);
    port.configChanged();
  }

  @Override
  public void stop() {
    sink = null;
    if (state.hintStatus() != HintStatus.STOP) {
      moveTo(HintStatus.STOP);
      port.configChanged();
    }
  }

  /** The guest may use its hinted pages again; each stays hinted until it is written. */
  @Override
  public void done() {
    sink = null;
    if (state.hintStatus() != HintStatus.DONE) {
      moveTo(HintStatus.DONE);
      port.configChanged();
    }
  }

  @Override
  public void restored() {
    sink = null;
    errors = HintErrors.NONE;
    underWay = null;
  }

  /** Device reset: idle, and nobody holds hinted pages any more. */
  @Override
  public void reset() {
    restored();
    state.setHintStatus(HintStatus.STOP);
    memory.owners().replace(0, memory.pages(), PageOwners.HINTED, PageOwners.GUEST);
  }

  @Override
  public boolean handle(Virtqueue queue) {
    if (underWay != null) {
      finish(underWay, queue);
      return true;
    }
    DescriptorChain chain = queue.pop();
    if (chain == null) {
      return false;
    }
    if (chain.writableBytes() > memory.size()) {
      // Each free page once is the most that an honest element can hold.
      throw new QueueViolation("hints of " + chain.writableBytes() + " bytes in one element");
    }
    if (chain.readables() > 0) { // the out part first (DEV-13)
      if (chain.readableBytes() < 4) {
        // Not pushed: QEMU's core drops the push of a device that is broken by then (DEV-32).
        throw new QueueViolation("command id of " + chain.readableBytes() + " bytes");
      }
      chain.read(memory, 0, command, 4);
      commandReceived(command.get(U32, 0));
    }
    for (int i = 0; i < chain.writables(); i++) {
      FreePageHintSink current = sink;
      if (state.hintStatus() == HintStatus.START && errors.stopWithoutLock() && current != null) {
        underWay =
            new HintUnderWay(
                chain.head(), chain.writableAddress(i), chain.writableLength(i), current);
        return true;
      }
      if (state.hintStatus() == HintStatus.START) {
        hinted(chain.writableAddress(i), chain.writableLength(i));
      } else {
        state.count(BalloonCounter.HINT_RANGES_IGNORED, 1);
      }
    }
    queue.push(chain.head(), 0);
    return true;
  }

  @Override
  public boolean roundOver() {
    return state.hintStatus() == HintStatus.STOP;
  }

  @Override
  public void queueStopped() {
    underWay = null;
  }

  private void finish(HintUnderWay hint, Virtqueue queue) {
    underWay = null;
    FreePageHintSink now = sink;
    sink = hint.sink();
    hinted(hint.gpa(), hint.length());
    sink = now;
    queue.push(hint.head(), 0);
  }

  private void commandReceived(int id) {
    HintStatus status = state.hintStatus();
    boolean known = id == state.get32(BalloonLayout.HINT_COMMAND) || errors.acceptStaleId();
    if (status == HintStatus.REQUESTED && known) {
      moveTo(HintStatus.START);
    } else if (status == HintStatus.START) {
      moveTo(HintStatus.STOP); // any id ends the round, even the same
    } else {
      state.count(BalloonCounter.HINT_COMMANDS_IGNORED, 1); // stale, or replayed (EDGE-19)
    }
    if (port.trace().on()) {
      TraceLine.of(port.name(), "hint-command")
          .hex("id", Integer.toUnsignedLong(id))
          .word("was", status.name())
          .word("status", state.hintStatus().name())
          .to(port.trace());
    }
  }

  /** Only whole pages inside the range count, and only writable RAM (DEV-19, EDGE-50). */
  private void hinted(long gpa, long length) {
    state.count(BalloonCounter.HINT_RANGES, 1);
    long low = GuestMemory.RAM_BASE + memory.romSize();
    long end = gpa + length; // may wrap: compared unsigned
    if (Long.compareUnsigned(end, gpa) < 0) {
      end = -1L;
    }
    long from = Long.compareUnsigned(gpa, low) > 0 ? gpa : low;
    long to = Long.compareUnsigned(end, memory.end()) < 0 ? end : memory.end();
    long pages = 0;
    if (Long.compareUnsigned(from, to) < 0) {
      from = (from + GuestMemory.PAGE_SIZE - 1) & -GuestMemory.PAGE_SIZE;
      to &= -GuestMemory.PAGE_SIZE;
      pages = Math.max(0, to - from) >>> GuestMemory.PAGE_SHIFT;
    }
    state.count(BalloonCounter.PAGES_HINTED, pages);
    state.count(BalloonCounter.HINT_PAGES_REFUSED, (length >>> GuestMemory.PAGE_SHIFT) - pages);
    if (port.trace().on()) {
      TraceLine.of(port.name(), "hint")
          .hex("gpa", gpa)
          .num("len", length)
          .num("pages", pages)
          .to(port.trace());
    }
    FreePageHintSink current = sink;
    if (pages > 0 && current != null) {
      own(from, pages);
      if (errors.discard()) {
        memory.discard(from, pages << GuestMemory.PAGE_SHIFT);
      }
      current.hint(from, pages << GuestMemory.PAGE_SHIFT);
    }
  }

  /** What is the guest's becomes hinted; a page in the balloon stays there. */
  private void own(long gpa, long pages) {
    long page = (gpa - GuestMemory.RAM_BASE) >>> GuestMemory.PAGE_SHIFT;
    memory.owners().replace(page, page + pages, PageOwners.GUEST, PageOwners.HINTED);
  }

  private void moveTo(HintStatus status) {
    if (port.trace().on()) {
      TraceLine.of(port.name(), "hint-status")
          .word("from", state.hintStatus().name())
          .word("to", status.name())
          .hex("id", Integer.toUnsignedLong(state.get32(BalloonLayout.HINT_COMMAND)))
          .to(port.trace());
    }
    state.setHintStatus(status);
  }
}
