package aerostat.tools.explore;

import aerostat.devices.balloon.BalloonHost;
import aerostat.mmio.memory.GuestMemory;
import aerostat.tools.explore.Step.Kind;
import aerostat.tools.explore.agent.Agent;
import aerostat.vmm.migration.SteppedMigration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One schedule on its way, and where it came to. */
final class Run {
  private static final int POISON = 0xaaaa_aaaa;
  private static final int SETTLE = 5;

  private final Stage stage;
  private final List<Step> schedule;
  private final List<Step> program;
  private final Sight sight;
  private final Mover mover;
  private final @Nullable Tale tale;
  private final int number;
  private int position;
  private int programAt;
  private boolean finishing;
  private boolean stopped;
  private @Nullable Kind under;
  private int writes;
  private List<Step> enabled = List.of();
  private String key = "";
  private @Nullable String violation;

  /** Times that the guest sleeps after the end, until its driver has nothing to do any more. */
  private int settling;

  /** What went wrong on the vCPU's thread, to be thrown on the caller's. */
  private @Nullable RuntimeException failure;

  /** A step that was described. */
  record Told(Step step, String what, String sight) {}

  Run(Stage stage, List<Step> schedule, boolean told, int number) {
    this.stage = stage;
    this.schedule = schedule;
    this.number = number;
    program = stage.setting().program();
    mover = new Mover(stage.setting(), stage.machine(), stage.pages(), false);
    sight = new Sight(stage, mover);
    tale = told ? new Tale(stage, sight) : null;
  }

  /** What is wrong, or null. */
  @Nullable String violation() {
    return violation;
  }

  /** Steps that can come next. */
  List<Step> enabled() {
    return enabled;
  }

  /** The state that was reached, as far as it matters to what may follow. */
  String key() {
    return key;
  }

  List<Told> told() {
    return tale == null ? List.of() : tale.told();
  }

  // ---- on the vCPU's thread ----

  int atPrompt() {
    if (settling > 0) {
      settling--;
      if (settling == 0) {
        stage.machine().stopHere();
      }
      return Agent.RUN;
    }
    if (stopped) {
      return Agent.RUN;
    }
    try {
      return prompt();
    } catch (RuntimeException e) {
      failed(e);
      return Agent.RUN;
    }
  }

  private void failed(RuntimeException e) {
    failure = e;
    stop();
  }

  private int prompt() {
    arrived();
    under = null;
    Step next = choose(true);
    if (next == null) {
      return Agent.RUN;
    }
    under = next.kind();
    if (tale != null) {
      tale.before(next);
    }
    long page = next.block() < 0 ? 0 : stage.pages().first(next.block());
    switch (next.kind()) {
      case TAKE -> {
        stage.window().arguments(0, stamp(writes + 1));
        return Agent.TAKE;
      }
      case WRITE -> {
        stage.window().arguments((int) page, stamp(++writes));
        sight.wrote(next.block(), stamp(writes));
        return Agent.WRITE;
      }
      case FREE -> {
        stage.window().arguments((int) page, 0);
        sight.freed(next.block());
        return Agent.FREE;
      }
      default -> {
        sight.calm();
        return Agent.RUN;
      }
    }
  }

  void atKick() {
    if (stopped) {
      return;
    }
    try {
      arrivedAtKick();
      Step next = choose(false);
      if (next != null && tale != null) {
        tale.before(next);
      }
    } catch (RuntimeException e) {
      failed(e);
    }
  }

  private int stamp(int write) {
    return number << 8 | write;
  }

  private void arrivedAtKick() {
    sight.kicked();
    if (tale != null) {
      tale.after(true);
    }
  }

  /** The guest's last command is done. */
  private void arrived() {
    if (under == Kind.TAKE) {
      int page = stage.window().result();
      if (page != 0) {
        writes++;
        sight.took(stage.pages().ofPage(page), stamp(writes));
      }
    }
    sight.prompted();
    if (tale != null) {
      tale.after(false);
    }
    check();
  }

  /** Does the host's steps that come next; the guest's step after them, or null at the end. */
  private @Nullable Step choose(boolean prompt) {
    while (!stopped && position < schedule.size()) {
      Step step = schedule.get(position++);
      if (!possible(prompt).contains(step)) {
        throw new IllegalArgumentException(
            "step %d, %s: not possible here; possible: %s"
                .formatted(position, step, Step.text(possible(prompt))));
      }
      if (step.kind().guests()) {
        return step;
      }
      if (step.kind() == Kind.FINISH) {
        finishing = true;
        break;
      }
      if (tale != null) {
        tale.before(step);
      }
      host(step);
      if (tale != null) {
        tale.after(false);
      }
      check();
    }
    if (!stopped) {
      enabled = finishing ? List.of() : possible(prompt);
      key = finishing ? "" : sight.key(prompt ? null : under, programAt);
      stop();
    }
    return null;
  }

  private void stop() {
    stopped = true;
    stage.machine().stopHere();
  }

  private List<Step> possible(boolean prompt) {
    List<Step> steps = new ArrayList<>();
    if (programAt < program.size()) {
      steps.add(program.get(programAt));
    }
    if (sight.mayTarget()) {
      steps.add(Step.of(Kind.TARGET));
    }
    if (stage.window().executor().kicked(HintRing.QUEUE) && !stage.ring().outstanding().isEmpty()) {
      steps.add(Step.of(Kind.DEVICE));
    }
    if (!prompt) {
      steps.add(Step.of(Kind.GO));
      return steps;
    }
    if (sight.stirred()) {
      steps.add(Step.of(Kind.RUN));
    }
    sight.addGuestSteps(steps);
    return steps;
  }

  private void host(Step step) {
    stage.noteTouched();
    sight.before(step);
    if (step.kind() == Kind.DEVICE) {
      stage.window().executor().step(HintRing.QUEUE);
    } else if (step.kind() == Kind.TARGET) {
      BalloonHost balloon = stage.machine().balloon();
      balloon.setTarget(balloon.actualBytes() - GuestMemory.PAGE_SIZE);
    } else {
      programAt++;
      mover.step(step);
      if (step.kind() == Kind.CLEAR && !sight.inHand(step.block())) {
        programAt++; // there is nothing to send
      }
    }
    sight.after(step);
  }

  // ---- at rest ----

  void ended() {
    if (failure != null) {
      throw failure;
    }
    if (!stopped) {
      violation = "the guest does not come back: " + stage.machine().state().qemuName();
    }
    if (!finishing || violation != null) {
      return;
    }
    Step finish = Step.of(Kind.FINISH);
    if (tale != null) {
      tale.before(finish);
    }
    stage.noteTouched();
    SteppedMigration m = mover.migration();
    m.finish();
    long from = GuestPages.PER_BLOCK;
    long to = stage.machine().memory().pages();
    m.rest(from, to);
    m.tellFree();
    GuestMemory there = stage.landing().memory();
    for (int block = 0; block < stage.setting().blocks(); block++) {
      there.store32(stage.pages().address(block), 0); // as a machine that never ran
    }
    m.land(stage.landing(), from, to);
    sight.finished();
    if (tale != null) {
      tale.after(false);
    }
    for (int block = 0; block < stage.setting().blocks(); block++) {
      compare(block, there.load32(stage.pages().address(block)));
    }
  }

  /** Whether the guest is to go on after the end, to see what its driver keeps. */
  boolean mustSettle() {
    boolean clear = under == null || under == Kind.RUN; // else a block is on its way to the program
    if (finishing && violation == null && clear && stage.setting().findsCaptives()) {
      settling = SETTLE;
      return true;
    }
    return false;
  }

  void settled() {
    for (int block = 0; block < stage.setting().blocks(); block++) {
      if (stage.pages().inUse(stage.window().inUse(), block) && !sight.holds(block)) {
        violation = "block %c: still the driver's after DONE".formatted(Step.letter(block));
      }
    }
  }

  /** A free page is read as well by a guest that looks whether its fill is whole (POISON-07). */
  private void compare(int block, int found) {
    if (sight.holds(block) && found != sight.stamp(block)) {
      violation =
          "block %c: the guest wrote %s, the destination has %s"
              .formatted(Step.letter(block), name(sight.stamp(block)), name(found));
    } else if (stage.setting().machine().poisoned() && sight.knownFree(block) && found != POISON) {
      violation =
          "block %c: free and filled with 0xaa, the destination has %s"
              .formatted(Step.letter(block), name(found));
    }
  }

  /** Each page that the guest may read still has what it wrote, on the source. */
  private void check() {
    for (int block = 0; block < stage.setting().blocks(); block++) {
      int found = stage.machine().memory().load32(stage.pages().address(block));
      if (sight.holds(block) && found != sight.stamp(block) && violation == null) {
        violation =
            "block %c: the guest wrote %s, its own memory has %s"
                .formatted(Step.letter(block), name(sight.stamp(block)), name(found));
      }
    }
  }

  private String name(int stamp) {
    return stamp >>> 8 == number ? "#" + (stamp & 0xff) : stamp == 0 ? "zero" : "something older";
  }
}
