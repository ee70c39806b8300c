package aerostat.vmm.cpu;

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
final class Dispatcher {
  private static final Logger log = LoggerFactory.getLogger(Dispatcher.class);

  private final VcpuState state;
  private final GuestServices services;
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

  /** Whether the guest's time is the clock's, and not that of the last rest. */
  private volatile boolean clockRuns;

  // When the last session began and ended, for those who account for a pause.
  private volatile long wokeAt;
  private volatile long restedAt;

  /** Takes the slice "vcpu" and binds the VM's copy of the intrinsics. */
  Dispatcher(VcpuParts parts, VcpuListener listener, HostTimers hostTimers) {
    image = parts.image();
    table = image.resumeTable();
    deterministic = parts.deterministic();
    clock = deterministic ? new GuestClock.Deterministic() : new GuestClock.Real();
    state = new VcpuState(parts.flavour());
    this.listener = listener;
    this.hostTimers = hostTimers;
    frame = new long[longestFrame(table)];
    stack = new GuestStack(parts.memory(), table, frame);
    registers =
        new VcpuRegisters(
            parts
                .state()
                .slice(VcpuLayout.SLICE, VcpuLayout.VERSION, VcpuLayout.SIZE, this::restored));
    registers.setLong(VcpuLayout.DEADLINE, Long.MAX_VALUE);
    code = new CodeLoader(image);
    services = new GuestServices(parts, state, clock, budget, agenda, throttle, stack, hostTimers);
    port =
        new VcpuBinding(parts.memory(), parts.bus(), services, frame, parts.sanitizer()).bind(code);
  }

  // ---- requests, from any thread ----

  /** Something changed that the guest's next slow path should see. */
  void attention() {
    state.pending = true;
  }

  void wantStop(boolean wanted) {
    state.stopWanted = wanted;
    state.pending = true;
  }

  void wantOff() {
    state.offWanted = true;
    state.pending = true;
  }

  void wantFlavour(Flavour next) {
    state.flavour = next;
    state.pending = true;
  }

  Flavour flavour() {
    return state.flavour;
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
    state.random = seed;
    state.lifecycle = VcpuLayout.LIVE;
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
      while (state.lifecycle == VcpuLayout.LIVE && !interlude()) {
        runFrames();
      }
    } catch (Throwable fault) { // whatever guest code throws ends the guest, never the VMM
      oops = panicked(fault);
    }
    restedAt = System.nanoTime();
    store();
    if (oops != null) {
      listener.panicked(oops);
    } else if (state.lifecycle == VcpuLayout.OFF && state.offWanted) {
      state.offWanted = false;
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
      state.pending = false;
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
      if (state.offWanted) {
        state.lifecycle = VcpuLayout.OFF;
        return true;
      }
      if (state.stopWanted || agenda.stops(polls, state.idle)) {
        return true;
      }
      int lines = services.lines(clock.now(polls));
      if (lines != 0) {
        state.idle = false;
        state.pending = true;
        if (port.irq() != 0) {
          stack.pushMarker();
          stack.pushEntry(image.interruptMethod(), Integer.numberOfTrailingZeros(lines));
          port.irq(0);
        }
        return false;
      }
      if (!state.idle) {
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
      long wait =
          state.deadline >= GuestClock.NEVER ? Long.MAX_VALUE : state.deadline - clock.now(polls);
      if (!state.pending && wait > 0) {
        LockSupport.parkNanos(this, wait);
      }
      return true;
    }
    long next = Math.min(state.deadline, hostTimers.nextDeadline());
    if (next < GuestClock.NEVER) {
      clock.skipTo(next, polls);
    } else if (agenda.nextAction() < agenda.stopAt()) {
      budget.polls(agenda.nextAction());
    } else if (agenda.stopAt() != Long.MAX_VALUE) {
      return false;
    } else if (!state.pending) {
      LockSupport.park(this);
    }
    return true;
  }

  /** Runs frames until the guest left at a poll or to wait, or ended. */
  private void runFrames() {
    state.running = state.flavour;
    ResumeEntry entry = entries.computeIfAbsent(state.running, code::resumeEntry);
    port.budget(services.reload(budget.polls(0)));
    for (; ; ) {
      long footer = stack.pop();
      int method = ResumeTable.method(footer);
      if (method == ResumeTable.INTERRUPT_MARKER) {
        port.irq((int) frame[0] & 1);
        port.budget(services.expedite(port.budget(), port.irq()));
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
      if (state.leave != VcpuState.Leave.SWITCH) {
        state.idle = state.leave == VcpuState.Leave.IDLE;
        return;
      }
      switchStacks();
      // A switch is a poll of its own: threads that do nothing but switch must not run for ever.
      int next = services.poll(-1, port.irq());
      if (next < 0) {
        state.idle = false;
        return;
      }
      port.budget(next);
    }
  }

  private void switchStacks() {
    stack.save(state.switchFrom);
    stack.load(state.switchTo);
    state.context = state.switchTo;
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
    state.lifecycle = VcpuLayout.OFF;
    state.offWanted = true;
  }

  private String panicked(Throwable fault) {
    state.lifecycle = VcpuLayout.PANICKED;
    long polls = budget.settle(port.budget());
    port.budget(0);
    port.unwinding(false);
    state.idle = false;
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

  // ---- registers ----

  private void restored() {
    registers.validate(stack);
  }

  private void load() {
    budget.polls(registers.getLong(VcpuLayout.POLLS));
    clock.start(registers.getLong(VcpuLayout.GUEST_TIME), registers.getLong(VcpuLayout.SKIPPED));
    state.deadline = registers.getLong(VcpuLayout.DEADLINE);
    state.random = registers.getLong(VcpuLayout.RANDOM);
    state.context = registers.getLong(VcpuLayout.CONTEXT);
    stack.set(
        registers.getLong(VcpuLayout.STACK_BASE),
        registers.getInt(VcpuLayout.STACK_SIZE),
        registers.getInt(VcpuLayout.STACK_USED));
    state.idle = registers.getInt(VcpuLayout.IDLE) != 0;
    state.lifecycle = registers.getInt(VcpuLayout.LIFECYCLE);
    port.budget(0);
    port.irq(registers.getInt(VcpuLayout.IRQ));
    // Counted anew: a register that a stream made up could let recursion outgrow the host's stack.
    port.depth(state.lifecycle == VcpuLayout.LIVE ? stack.depth() : 0);
    clockRuns = true;
  }

  private void store() {
    long polls = budget.settle(port.budget());
    port.budget(0);
    registers.setLong(VcpuLayout.POLLS, polls);
    registers.setLong(VcpuLayout.SKIPPED, clock.skipped());
    registers.setLong(VcpuLayout.GUEST_TIME, clock.now(polls));
    registers.setLong(VcpuLayout.DEADLINE, state.deadline);
    registers.setLong(VcpuLayout.RANDOM, state.random);
    registers.setLong(VcpuLayout.CONTEXT, state.context);
    registers.setLong(VcpuLayout.STACK_BASE, stack.base());
    registers.setInt(VcpuLayout.STACK_SIZE, stack.size());
    registers.setInt(VcpuLayout.STACK_USED, stack.used());
    registers.setInt(VcpuLayout.IRQ, port.irq());
    registers.setInt(VcpuLayout.IDLE, state.idle ? 1 : 0);
    registers.setInt(VcpuLayout.LIFECYCLE, state.lifecycle);
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
