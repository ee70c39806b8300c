package aerostat.tools.explore;

import aerostat.mmio.memory.GuestMemory;
import aerostat.mmio.memory.PageOwners;
import aerostat.mmio.trace.Trace;
import aerostat.mmio.trace.TraceEvent;
import aerostat.tools.explore.agent.Agent;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.SteppedMigration;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A booted machine in which schedules run, each from the same first state. Going back costs the
 * pages that a run wrote: the log tells them, copied before anybody may clear it.
 */
final class Stage implements AutoCloseable {
  /** A run that takes more polls than this hangs. */
  private static final long MOST_POLLS = 10_000_000;

  private final Setting setting;
  private final Window window;
  private final HintRing ring;
  private final Machine machine;
  private final SteppedMigration.Landing landing;
  private final ByteArrayOutputStream console = new ByteArrayOutputStream();
  private final Arena arena = Arena.ofShared();
  private final MemorySegment firstRam;
  private final boolean[] touched;
  private final byte[] firstState;
  private final List<PageOwners.Run> firstOwners;
  private final int firstInUse;
  private final GuestPages firstPages;
  private final long firstPolls;
  private @Nullable Run current;
  private int runs;

  Stage(Setting setting) {
    this.setting = setting;
    window = new Window(setting.blocks() + 1, new Choices());
    machine =
        Machine.builder()
            .memory(setting.machine().memory())
            .append(setting.machine().append())
            .balloon(setting.machine().balloon())
            .deterministic(1)
            .image(ExploreImage.get())
            .console(console)
            .trace(new Events())
            .workbench(window)
            .build();
    ring = new HintRing(machine.memory(), address -> pages().block(address));
    landing = new SteppedMigration.Landing(setting.machine().memory());
    machine.runUntilPoll(MOST_POLLS);
    firstPages = new GuestPages(window.inUse(), setting.blocks() + 1);
    if (!ring.known() || firstPages.blocks() != setting.blocks()) {
      String text = console.toString(StandardCharsets.ISO_8859_1);
      close();
      throw new IllegalStateException("the guest is not ready to be explored:\n" + text);
    }
    GuestMemory memory = machine.memory();
    firstRam = arena.allocate(memory.size(), GuestMemory.PAGE_SIZE).copyFrom(memory.segment());
    touched = new boolean[(int) memory.pages()];
    firstState = machine.flatState().save();
    firstOwners = memory.owners().save();
    firstInUse = window.inUse();
    firstPolls = machine.polls();
    memory.dirtyLog().clear();
  }

  /** What the guest and its devices call at the points where the explorer has a choice. */
  private final class Choices implements Window.Chooser {
    @Override
    public int atPrompt() {
      Run run = current;
      if (run != null) {
        return run.atPrompt();
      }
      if (setting.machine().prepare(machine)) {
        machine.stopHere();
      }
      return Agent.RUN;
    }

    @Override
    public void atKick(int queue) {
      Run run = current;
      if (queue != HintRing.QUEUE) {
        while (!steppingElsewhere && window.executor().kicked(queue)) {
          steppingElsewhere = true;
          window.executor().step(queue);
          steppingElsewhere = false;
        }
      } else if (run != null) {
        run.atKick();
      }
    }

    private boolean steppingElsewhere;
  }

  /** The trace, of which only the places of the ring are kept. */
  private final class Events implements Trace {
    @Override
    public boolean on() {
      return !ready;
    }

    @Override
    public void event(String line) {
      ring.learn(TraceEvent.parse(line));
      ready = ring.known();
    }

    private boolean ready;
  }

  Setting setting() {
    return setting;
  }

  Machine machine() {
    return machine;
  }

  GuestPages pages() {
    return firstPages;
  }

  Window window() {
    return window;
  }

  HintRing ring() {
    return ring;
  }

  SteppedMigration.Landing landing() {
    return landing;
  }

  /** Schedules that ran. */
  int runs() {
    return runs;
  }

  /**
   * Runs a schedule from the first state.
   *
   * @param told whether each step is to be described
   * @throws IllegalArgumentException if a step is not possible where it stands
   */
  Run run(List<Step> schedule, boolean told) {
    restore();
    Run run = new Run(this, schedule, told, ++runs);
    current = run;
    try {
      machine.runUntilPoll(firstPolls + MOST_POLLS);
    } finally {
      current = null;
    }
    run.ended();
    if (run.mustSettle()) {
      settle(run);
    }
    return run;
  }

  private void settle(Run run) {
    noteTouched();
    machine.setState(RunState.PAUSED);
    current = run;
    try {
      machine.runUntilPoll(machine.polls() + MOST_POLLS);
    } finally {
      current = null;
    }
    run.settled();
  }

  /** Before anybody clears the log: what it holds was written in this run. */
  void noteTouched() {
    byte[] cards = machine.memory().dirtyLog().cards();
    for (int page = 0; page < touched.length; page++) {
      touched[page] |= cards[page] != 0;
    }
  }

  private void restore() {
    noteTouched();
    GuestMemory memory = machine.memory();
    for (int page = 0; page < touched.length; page++) {
      if (touched[page]) {
        long at = (long) page << GuestMemory.PAGE_SHIFT;
        MemorySegment.copy(firstRam, at, memory.segment(), at, GuestMemory.PAGE_SIZE);
      }
    }
    Arrays.fill(touched, false);
    memory.owners().restore(firstOwners);
    memory.dirtyLog().clear();
    machine.flatState().restore(firstState);
    machine.setState(RunState.PAUSED);
    window.executor().forget();
    window.inUse(firstInUse);
  }

  @Override
  public void close() {
    machine.close();
    landing.close();
    arena.close();
  }
}
