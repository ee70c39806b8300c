package aerostat.vmm.cpu;

import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.image.ResumeTable;
import aerostat.vmm.image.RewrittenImage;
import java.lang.foreign.MemorySegment;

/**
 * What guest code asks of the vCPU while it runs: the slow path of polls, time, idling, threads.
 */
final class GuestServices implements VcpuServices {
  private static final int PANIC_MESSAGE_LIMIT = 1024;

  private final GuestMemory memory;
  private final InterruptController interrupts;
  private final RewrittenImage image;
  private final boolean deterministic;
  private final VcpuState state;
  private final GuestClock clock;
  private final PollBudget budget;
  private final Agenda agenda;
  private final Throttle throttle;
  private final GuestStack stack;
  private final HostTimers hostTimers;

  GuestServices(
      VcpuParts parts,
      VcpuState state,
      GuestClock clock,
      PollBudget budget,
      Agenda agenda,
      Throttle throttle,
      GuestStack stack,
      HostTimers hostTimers) {
    memory = parts.memory();
    interrupts = parts.interrupts();
    image = parts.image();
    deterministic = parts.deterministic();
    this.state = state;
    this.clock = clock;
    this.budget = budget;
    this.agenda = agenda;
    this.throttle = throttle;
    this.stack = stack;
    this.hostTimers = hostTimers;
  }

  @Override
  public int poll(int left, int irq) {
    long nanos = System.nanoTime();
    budget.calibrate(nanos);
    if (throttle.due(nanos) && !deterministic) {
      nanos = throttle.sleep(nanos, () -> state.stopWanted || state.offWanted);
    }
    long polls = budget.settle(left);
    state.pending = false;
    if (mustLeave(polls)) {
      state.leave = VcpuState.Leave.POLL;
      return -1;
    }
    if (lines(clock.at(polls, nanos)) != 0) {
      state.pending = true;
      if (irq != 0) {
        state.leave = VcpuState.Leave.POLL;
        return -1;
      }
    }
    return budget.load(due(polls), nanos);
  }

  private boolean mustLeave(long polls) {
    return state.stopWanted
        || state.offWanted
        || state.flavour != state.running
        || (deterministic
            && (polls >= agenda.due() || hostTimers.nextDeadline() <= clock.now(polls)));
  }

  /** First poll that must take the slow path. */
  private long due(long polls) {
    if (!deterministic) {
      return Long.MAX_VALUE;
    }
    long timer = clock.pollAt(state.deadline);
    return Math.min(
        Math.min(agenda.due(), clock.pollAt(hostTimers.nextDeadline())),
        timer <= polls ? Long.MAX_VALUE : timer);
  }

  int reload(long polls) {
    return budget.load(due(polls), System.nanoTime());
  }

  /** Levels of all lines; line 0 is the timer. */
  int lines(long nanos) {
    return (interrupts.levels() & ~1) | (nanos >= state.deadline ? 1 : 0);
  }

  @Override
  public boolean pending() {
    return state.pending;
  }

  @Override
  public int expedite(int left, int irq) {
    if (irq != 0 && !deterministic) {
      // Whoever changes something after this look sets it again. Without this the clock is read
      // at every lock's end from an interrupt to the next slow poll.
      state.pending = false;
    }
    long polls = budget.polls(left);
    if (mustLeave(polls) || (irq != 0 && lines(clock.now(polls)) != 0)) {
      state.pending = true;
      budget.settle(left);
      return 0;
    }
    return deterministic ? rearm(left) : left;
  }

  /** Something that is due at an exact poll may have changed. */
  private int rearm(int left) {
    return reload(budget.settle(left));
  }

  @Override
  public long now(int left) {
    return clock.now(budget.polls(left));
  }

  @Override
  public long wallClock(int left) {
    return clock.wallClock(budget.polls(left));
  }

  @Override
  public int setTimer(long newDeadline, int left, int irq) {
    state.deadline = newDeadline;
    if (clock.now(budget.polls(left)) >= newDeadline) {
      state.pending = true;
      return expedite(left, irq);
    }
    return deterministic ? rearm(left) : left;
  }

  @Override
  public boolean waitForInterrupt(int left, int irq) {
    if (irq == 0 && lines(clock.now(budget.polls(left))) != 0) {
      return false;
    }
    budget.settle(left);
    state.leave = VcpuState.Leave.IDLE;
    return true;
  }

  @Override
  public void switchTo(long from, long to, int left) {
    budget.settle(left);
    state.switchFrom = from;
    state.switchTo = to;
    state.leave = VcpuState.Leave.SWITCH;
  }

  @Override
  public void prepareContext(long newContext, long argument) {
    stack.prepare(newContext, image.threadMethod(), argument);
  }

  /** SplitMix64: any state is a good one, so nothing needs to be checked after a move. */
  @Override
  public long random() {
    state.random += 0x9e37_79b9_7f4a_7c15L;
    long z = state.random;
    z = (z ^ (z >>> 30)) * 0xbf58_476d_1ce4_e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d0_49bb_1331_11ebL;
    return z ^ (z >>> 31);
  }

  @Override
  public GuestFault panic(long message) {
    int length = Math.clamp(memory.load32(message - 4), 0, PANIC_MESSAGE_LIMIT);
    byte[] text = new byte[length];
    memory.read(message, MemorySegment.ofArray(text), 0, length);
    return new GuestFault("Kernel panic - not syncing: " + PanicText.printable(text));
  }

  @Override
  public GuestFault boundExceeded(int method) {
    ResumeTable.Method found = image.resumeTable().method(method);
    return new GuestFault(
        "Bounded loop exceeded in "
            + (found == null ? "method " + method : found.className() + "." + found.name()));
  }
}
