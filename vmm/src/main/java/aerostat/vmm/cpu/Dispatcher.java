package aerostat.vmm.cpu;

import aerostat.mmio.bus.InterruptController;
import aerostat.mmio.memory.GuestMemory;
import aerostat.vmm.image.CodeLoader;
import aerostat.vmm.image.Flavour;
import aerostat.vmm.image.FrameLayout;
import aerostat.vmm.image.ResumeTable;
import aerostat.vmm.image.RewrittenImage;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the vCPU thread does: takes the top frame of the guest's stack, runs it until everything
 * unwinds at a safepoint, and between two runs does what has to be done: stops, actions of the
 * host, interrupts, thread switches, idle waits.
 *
 * <p>Between two runs ("at rest") the guest is its RAM and a few registers. Interrupts are
 * delivered and stops happen only where a poll or an idle wait left, so that a guest that was
 * stopped goes exactly the way of one that was not: whatever makes an interrupt deliverable also
 * makes the next poll take the slow path, and a stop at a poll adds nothing to that.
 */
final class Dispatcher implements VcpuServices {
  private static final Logger log = LoggerFactory.getLogger(Dispatcher.class);
  private static final int PANIC_MESSAGE_LIMIT = 1024;

  /** Why frames unwind. */
  private enum Leave {
    POLL,
    IDLE,
    SWITCH
  }

  private final GuestMemory memory;
  private final InterruptController interrupts;
  private final RewrittenImage image;
  private final ResumeTable table;
  private final CodeLoader code;
  private final Map<Flavour, ResumeEntry> entries = new EnumMap<>(Flavour.class);
  private final boolean deterministic;
  private final GuestClock clock;
  private final long[] frame;
  private final GuestStack stack;
  private final VcpuRegisters registers;
  private final VcpuPort port;
  private final PollBudget budget = new PollBudget();
  private final Agenda agenda = new Agenda();
  private final Throttle throttle = new Throttle();
  private final VcpuListener listener;
  private final HostTimers hostTimers;

  // Requests, from any thread; each is set before `pending`.
  private volatile boolean stopWanted;
  private volatile boolean offWanted;
  private volatile boolean pending;
  private volatile Flavour flavour;

  /** Whether the guest's time is the clock's, and not that of the last rest. */
  private volatile boolean clockRuns;

  // When the last session began and ended, for those who account for a pause.
  private volatile long wokeAt;
  private volatile long restedAt;

  // Registers while the vCPU runs; the rest is in `stack`, `budget`, `clock` and the port.
  private Leave leave = Leave.POLL;
  private Flavour running;
  private long context;
  private long switchFrom;
  private long switchTo;
  private long deadline = Long.MAX_VALUE;
  private long random;
  private boolean idle;
  private int lifecycle;

  /** Takes the slice "vcpu" and binds the VM's copy of the intrinsics. */
  Dispatcher(VcpuParts parts, VcpuListener listener, HostTimers hostTimers) {
    memory = parts.memory();
    interrupts = parts.interrupts();
    image = parts.image();
    table = image.resumeTable();
    deterministic = parts.deterministic();
    clock = deterministic ? new GuestClock.Deterministic() : new GuestClock.Real();
    flavour = parts.flavour();
    running = flavour;
    this.listener = listener;
    this.hostTimers = hostTimers;
    frame = new long[longestFrame(table)];
    stack = new GuestStack(memory, table, frame);
    registers =
        new VcpuRegisters(
            parts
                .state()
                .slice(VcpuLayout.SLICE, VcpuLayout.VERSION, VcpuLayout.SIZE, this::restored));
    registers.setLong(VcpuLayout.DEADLINE, Long.MAX_VALUE);
    code = new CodeLoader(image);
    port = new VcpuBinding(memory, parts.bus(), this, frame, parts.sanitizer()).bind(code);
  }

  // ---- requests, from any thread ----

  /** Something changed that the guest's next slow path should see. */
  void attention() {
    pending = true;
  }

  void wantStop(boolean wanted) {
    stopWanted = wanted;
    pending = true;
  }

  void wantOff() {
    offWanted = true;
    pending = true;
  }

  void wantFlavour(Flavour next) {
    flavour = next;
    pending = true;
  }

  Flavour flavour() {
    return flavour;
  }

  Agenda agenda() {
    return agenda;
  }

  long polls() {
    return clockRuns ? budget.polls(port.budget()) : registers.getLong(VcpuLayout.POLLS);
  }

  long guestTime() {
    return clockRuns
        ? clock.now(budget.polls(port.budget()))
        : registers.getLong(VcpuLayout.GUEST_TIME);
  }

  long wallClock() {
    return clock.wallClock(polls());
  }

  Throttle throttle() {
    return throttle;
  }

  long restedAt() {
    return restedAt;
  }

  long wokeAt() {
    return wokeAt;
  }

  /** At the last rest. */
  int lifecycle() {
    return registers.getInt(VcpuLayout.LIFECYCLE);
  }

  /** First registers, at rest. */
  void boot(long bootParams, long stackBase, int stackSize, long seed) {
    if (!stack.isValid(stackBase, stackSize, 0)) {
      throw new IllegalArgumentException("boot stack at 0x" + Long.toHexString(stackBase));
    }
    clock.start(0, 0);
    stack.set(stackBase, stackSize, 0);
    stack.pushEntry(image.startMethod(), bootParams);
    random = seed;
    lifecycle = VcpuLayout.LIVE;
    port.depth(stack.depth());
    store();
  }

  // ---- the vCPU thread ----

  /** From one rest to the next. */
  void session() {
    String oops = null;
    try {
      load();
      wokeAt = System.nanoTime();
      while (lifecycle == VcpuLayout.LIVE && !interlude()) {
        runFrames();
      }
    } catch (Throwable fault) { // whatever guest code throws ends the guest, never the VMM
      oops = panicked(fault);
    }
    restedAt = System.nanoTime();
    store();
    if (oops != null) {
      listener.panicked(oops);
    } else if (lifecycle == VcpuLayout.OFF && offWanted) {
      offWanted = false;
      listener.poweredOff();
    }
  }

  /**
   * What is done between two runs of guest code, at a poll or an idle wait.
   *
   * @return whether to stop
   */
  private boolean interlude() {
    for (; ; ) {
      long polls = budget.settle(port.budget());
      port.budget(0);
      pending = false;
      if (deterministic) {
        if (agenda.nextAction() <= polls) {
          store(); // an action may look at the registers, or change them
          agenda.run(polls);
          load();
          continue;
        }
        if (hostTimers.nextDeadline() <= clock.now(polls)) {
          hostTimers.runDue();
        }
      }
      if (offWanted) {
        lifecycle = VcpuLayout.OFF;
        return true;
      }
      if (stopWanted || agenda.stops(polls, idle)) {
        return true;
      }
      int lines = lines(clock.now(polls));
      if (lines != 0) {
        idle = false;
        pending = true;
        if (port.irq() != 0) {
          stack.pushMarker();
          stack.pushEntry(image.interruptMethod(), Integer.numberOfTrailingZeros(lines));
          port.irq(0);
        }
        return false;
      }
      if (!idle) {
        return false;
      }
      if (!pause(polls)) {
        return true;
      }
    }
  }

  /** Passes idle time; false if nothing will ever end it before the poll to stop at. */
  private boolean pause(long polls) {
    if (!deterministic) {
      long wait = deadline >= GuestClock.NEVER ? Long.MAX_VALUE : deadline - clock.now(polls);
      if (!pending && wait > 0) {
        LockSupport.parkNanos(this, wait);
      }
      return true;
    }
    long next = Math.min(deadline, hostTimers.nextDeadline());
    if (next < GuestClock.NEVER) {
      clock.skipTo(next, polls);
    } else if (agenda.nextAction() < agenda.stopAt()) {
      budget.polls(agenda.nextAction());
    } else if (agenda.stopAt() != Long.MAX_VALUE) {
      return false;
    } else if (!pending) {
      LockSupport.park(this);
    }
    return true;
  }

  /** Runs frames until the guest left at a poll or to wait, or ended. */
  private void runFrames() {
    running = flavour;
    ResumeEntry entry = entries.computeIfAbsent(running, code::resumeEntry);
    port.budget(reload(budget.polls(0)));
    for (; ; ) {
      long footer = stack.pop();
      int method = ResumeTable.method(footer);
      if (method == ResumeTable.INTERRUPT_MARKER) {
        port.irq((int) frame[0] & 1);
        port.budget(expedite(port.budget(), port.irq()));
        continue;
      }
      port.scratch(stack.end(), stack.top());
      long bits = entry.resume(method, ResumeTable.site(footer));
      if (!port.unwinding()) {
        if (stack.used() == 0) {
          ended(method);
          return;
        }
        stack.limitDepth(port);
        port.returned(bits);
        continue;
      }
      port.unwinding(false);
      stack.compact(port.scratch());
      if (leave != Leave.SWITCH) {
        idle = leave == Leave.IDLE;
        return;
      }
      switchStacks();
      // A switch is a poll of its own: threads that do nothing but switch must not run for ever.
      int next = poll(-1, port.irq());
      if (next < 0) {
        idle = false;
        return;
      }
      port.budget(next);
    }
  }

  private void switchStacks() {
    stack.save(switchFrom);
    stack.load(switchTo);
    context = switchTo;
    port.depth(stack.depth());
  }

  /** The outermost frame of a stack returned. */
  private void ended(int method) {
    if (method != image.startMethod()) {
      throw new GuestFault(
          method == image.threadMethod()
              ? "Kernel panic - not syncing: thread returned"
              : "Kernel stack is empty");
    }
    lifecycle = VcpuLayout.OFF;
    offWanted = true;
  }

  private String panicked(Throwable fault) {
    lifecycle = VcpuLayout.PANICKED;
    long polls = budget.settle(port.budget());
    port.budget(0);
    port.unwinding(false);
    idle = false;
    if (!Oops.isGuests(fault)) {
      log.error("guest code failed in a way that is not the guest's", fault);
    }
    return Oops.text(fault, table, spilledFrames(), clock.now(polls), polls);
  }

  private List<String> spilledFrames() {
    try {
      return stack.describe();
    } catch (InternalError gone) {
      return List.of("? (the stack's memory is gone)");
    }
  }

  // ---- services of guest code ----

  @Override
  public int poll(int left, int irq) {
    long nanos = System.nanoTime();
    budget.calibrate(nanos);
    if (throttle.due(nanos) && !deterministic) {
      nanos = throttle.sleep(nanos, () -> stopWanted || offWanted);
    }
    long polls = budget.settle(left);
    pending = false;
    if (mustLeave(polls)) {
      leave = Leave.POLL;
      return -1;
    }
    if (lines(clock.at(polls, nanos)) != 0) {
      pending = true;
      if (irq != 0) {
        leave = Leave.POLL;
        return -1;
      }
    }
    return budget.load(due(polls), nanos);
  }

  private boolean mustLeave(long polls) {
    return stopWanted
        || offWanted
        || flavour != running
        || deterministic
            && (polls >= agenda.due() || hostTimers.nextDeadline() <= clock.now(polls));
  }

  /** First poll that must take the slow path. */
  private long due(long polls) {
    if (!deterministic) {
      return Long.MAX_VALUE;
    }
    long timer = clock.pollAt(deadline);
    return Math.min(
        Math.min(agenda.due(), clock.pollAt(hostTimers.nextDeadline())),
        timer <= polls ? Long.MAX_VALUE : timer);
  }

  private int reload(long polls) {
    return budget.load(due(polls), System.nanoTime());
  }

  /** Levels of all lines; line 0 is the timer. */
  private int lines(long now) {
    return interrupts.levels() & ~1 | (now >= deadline ? 1 : 0);
  }

  @Override
  public boolean pending() {
    return pending;
  }

  @Override
  public int expedite(int left, int irq) {
    long polls = budget.polls(left);
    if (mustLeave(polls) || irq != 0 && lines(clock.now(polls)) != 0) {
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
    deadline = newDeadline;
    if (clock.now(budget.polls(left)) >= newDeadline) {
      pending = true;
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
    leave = Leave.IDLE;
    return true;
  }

  @Override
  public void switchTo(long from, long to, int left) {
    budget.settle(left);
    switchFrom = from;
    switchTo = to;
    leave = Leave.SWITCH;
  }

  @Override
  public void prepareContext(long newContext, long argument) {
    stack.prepare(newContext, image.threadMethod(), argument);
  }

  /** SplitMix64: any state is a good one, so nothing needs to be checked after a move. */
  @Override
  public long random() {
    random += 0x9e37_79b9_7f4a_7c15L;
    long z = random;
    z = (z ^ (z >>> 30)) * 0xbf58_476d_1ce4_e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d0_49bb_1331_11ebL;
    return z ^ (z >>> 31);
  }

  @Override
  public GuestFault panic(long message) {
    int length = Math.clamp(memory.load32(message - 4), 0, PANIC_MESSAGE_LIMIT);
    byte[] text = new byte[length];
    memory.read(message, java.lang.foreign.MemorySegment.ofArray(text), 0, length);
    return new GuestFault("Kernel panic - not syncing: " + PanicText.printable(text));
  }

  @Override
  public GuestFault boundExceeded(int method) {
    ResumeTable.Method found = table.method(method);
    return new GuestFault(
        "Bounded loop exceeded in "
            + (found == null ? "method " + method : found.className() + "." + found.name()));
  }

  // ---- registers ----

  private void restored() {
    registers.validate(stack);
  }

  private void load() {
    budget.polls(registers.getLong(VcpuLayout.POLLS));
    clock.start(registers.getLong(VcpuLayout.GUEST_TIME), registers.getLong(VcpuLayout.SKIPPED));
    deadline = registers.getLong(VcpuLayout.DEADLINE);
    random = registers.getLong(VcpuLayout.RANDOM);
    context = registers.getLong(VcpuLayout.CONTEXT);
    stack.set(
        registers.getLong(VcpuLayout.STACK_BASE),
        registers.getInt(VcpuLayout.STACK_SIZE),
        registers.getInt(VcpuLayout.STACK_USED));
    idle = registers.getInt(VcpuLayout.IDLE) != 0;
    lifecycle = registers.getInt(VcpuLayout.LIFECYCLE);
    port.budget(0);
    port.irq(registers.getInt(VcpuLayout.IRQ));
    // Counted anew: a register that a stream made up could let recursion outgrow the host's stack.
    port.depth(lifecycle == VcpuLayout.LIVE ? stack.depth() : 0);
    clockRuns = true;
  }

  private void store() {
    long polls = budget.settle(port.budget());
    port.budget(0);
    registers.setLong(VcpuLayout.POLLS, polls);
    registers.setLong(VcpuLayout.SKIPPED, clock.skipped());
    registers.setLong(VcpuLayout.GUEST_TIME, clock.now(polls));
    registers.setLong(VcpuLayout.DEADLINE, deadline);
    registers.setLong(VcpuLayout.RANDOM, random);
    registers.setLong(VcpuLayout.CONTEXT, context);
    registers.setLong(VcpuLayout.STACK_BASE, stack.base());
    registers.setInt(VcpuLayout.STACK_SIZE, stack.size());
    registers.setInt(VcpuLayout.STACK_USED, stack.used());
    registers.setInt(VcpuLayout.IRQ, port.irq());
    registers.setInt(VcpuLayout.IDLE, idle ? 1 : 0);
    registers.setInt(VcpuLayout.LIFECYCLE, lifecycle);
    registers.setInt(VcpuLayout.DEPTH, Math.clamp(port.depth(), 0, stack.size()));
    clockRuns = false;
  }

  private static int longestFrame(ResumeTable table) {
    int longest = 2;
    for (ResumeTable.Method method : table.methods()) {
      for (FrameLayout layout : method.sites()) {
        longest = Math.max(longest, layout.words());
      }
    }
    return longest;
  }
}
