package aerostat.tools.explore;

import aerostat.mmio.bus.MmioBus;
import aerostat.tools.explore.Step.Kind;
import aerostat.tools.explore.agent.Agent;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineHost;
import aerostat.vmm.machine.Workbench;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A schedule on two whole machines: kvstore takes the memory where the schedule's program took a
 * block, the guest is handed over, and goes on at the destination until it notices. What happens
 * between two steps is the guest's own, so it need not come to each point of the schedule: then the
 * steps that wait for it come a little later.
 */
final class FullReplay {
  /** Times that the program is let sleep until kvstore has written all of its records. */
  private static final int SETTLE = 400;

  /**
   * Bytes of records of which the last lie in the block, but not the tables that lead to them: the
   * kernel takes its memory from the block that it began with, then from the largest free one, and
   * only when there is none from those that the driver holds.
   */
  private static final long WHERE_FREE = 4L << 20;

  private static final long WHERE_HELD = 8L << 20;

  private static final long MOST_POLLS = 40_000_000;

  /** By then every record was read again a few times (1 µs a poll, kvstore.cycle 500 ms). */
  private static final long NOTICED_BY = 2_000_000;

  /** What the guest says when it reads what it should not. */
  private static final List<String> NOTICES =
      List.of("LOST UPDATE", "pagealloc: memory corruption", "pagealloc: single bit error");

  private final Setting setting;
  private final List<Step> schedule;
  private final boolean held;
  private final ByteArrayOutputStream here = new ByteArrayOutputStream();
  private final ByteArrayOutputStream there = new ByteArrayOutputStream();
  private int position;
  private boolean finishing;
  private int settling;
  private boolean stores;

  /**
   * @param held whether the block is the driver's when the program takes it
   */
  FullReplay(Setting setting, List<Step> schedule, boolean held) {
    this.setting = setting;
    this.schedule = schedule;
    this.held = held;
  }

  /** Of a schedule that a stage has told. */
  static FullReplay of(Setting setting, List<Run.Told> told) {
    boolean held = false;
    for (int i = 1; i < told.size(); i++) {
      if (told.get(i).step().kind() == Kind.TAKE) {
        held = told.get(i - 1).sight().contains("A=driver");
      }
    }
    return new FullReplay(setting, told.stream().map(Run.Told::step).toList(), held);
  }

  /** The guest's lines that tell of a loss, none if nothing is lost. */
  List<String> run() {
    Places places = new Places();
    try (Machine source = source(places)) {
      places.machine = source;
      source.runUntilPoll(MOST_POLLS);
      if (!finishing) {
        return notices(here);
      }
      Mover mover = places.mover();
      mover.migration().finishAll();
      try (Machine destination = mover.migration().handOver(destination(places))) {
        places.machine = destination;
        destination.runUntilPoll(destination.polls() + NOTICED_BY);
        return notices(there);
      }
    }
  }

  private Machine source(Places places) {
    String workload =
        " workload=kvstore workload.interval=0 kvstore.rate=1 kvstore.cycle=500 kvstore.size="
            + (held ? WHERE_HELD : WHERE_FREE);
    return Machine.builder()
        .memory(setting.machine().memory())
        .append(setting.machine().append() + workload)
        .balloon(setting.machine().balloon())
        .deterministic(1)
        .image(ExploreImage.get())
        .console(here)
        .workbench(places.window)
        .build();
  }

  /** Its devices work by themselves, and its program lets kvstore work. */
  private MachineHost destination(Places places) {
    Window window = new Window(setting.blocks() + 1, new Watcher(places::noticedThere));
    return MachineHost.SILENT
        .withConsole(there)
        .withWorkbench(
            new Workbench() {
              @Override
              public void fit(MmioBus bus) {
                window.fit(bus);
              }
            });
  }

  private record Watcher(IntSupplier prompt) implements Window.Chooser {
    @Override
    public int atPrompt() {
      return prompt.getAsInt();
    }

    @Override
    public void atKick(int queue) {
      throw new IllegalStateException("devices work by themselves here");
    }
  }

  private static String text(ByteArrayOutputStream console) {
    return console.toString(StandardCharsets.ISO_8859_1);
  }

  private static List<String> notices(ByteArrayOutputStream console) {
    return text(console).lines().filter(l -> NOTICES.stream().anyMatch(l::contains)).toList();
  }

  /** The source's points of choice, where the schedule's steps are done as they come. */
  private final class Places implements Window.Chooser {
    final Window window = new Window(setting.blocks() + 1, this);
    private @Nullable Machine machine;
    private @Nullable Mover mover;
    private boolean stepping;

    Mover mover() {
      Mover known = mover;
      if (known == null) {
        throw new IllegalStateException("no prompt yet");
      }
      return known;
    }

    Machine machine() {
      Machine known = machine;
      if (known == null) {
        throw new IllegalStateException("no machine yet");
      }
      return known;
    }

    int noticedThere() {
      if (!notices(there).isEmpty()) {
        machine().stopHere();
      }
      return setting.machine().poisoned() ? Agent.TAKE : Agent.RUN;
    }

    @Override
    public int atPrompt() {
      if (mover == null && !setting.machine().prepare(machine())) {
        return Agent.RUN;
      }
      if (mover == null) {
        GuestPages pages = new GuestPages(window.inUse(), setting.blocks() + 1);
        mover = new Mover(setting, machine(), pages, true);
      }
      if (settling > 0) {
        settling--;
        return Agent.RUN;
      }
      while (position < schedule.size()) {
        Step step = schedule.get(position++);
        if (step.kind() == Kind.FINISH) {
          finishing = true;
          machine().stopHere();
          return Agent.RUN;
        }
        if (!step.kind().guests()) {
          host(step);
        } else if (step.kind() == Kind.TAKE && !stores) {
          stores = true;
          settling = SETTLE;
          return Agent.WORKLOADS;
        } else if (step.kind() != Kind.GO) {
          return Agent.RUN;
        }
      }
      if (!notices(here).isEmpty()) {
        machine().stopHere(); // the loss is on this side already
      }
      return Agent.RUN;
    }

    @Override
    public void atKick(int queue) {
      if (queue != HintRing.QUEUE) {
        while (!stepping && window.executor().kicked(queue)) {
          stepping = true;
          window.executor().step(queue);
          stepping = false;
        }
        return;
      }
      while (mover != null && position < schedule.size() && !finishing) {
        Step step = schedule.get(position);
        if (step.kind().guests() || step.kind() == Kind.FINISH) {
          position += step.kind() == Kind.GO ? 1 : 0;
          return;
        }
        position++;
        host(step);
      }
    }

    private void host(Step step) {
      if (step.kind() == Kind.DEVICE) {
        window.executor().step(HintRing.QUEUE);
      } else {
        mover().step(step);
      }
    }
  }
}
