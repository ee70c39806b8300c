package aerostat.vmm.migration.faults;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Plays one plan to its end, with an operator who claims what nobody else can have. */
public final class PlanRun {
  static final String ADDRESS = "tcp:127.0.0.1:4444";

  private static final long LIMIT = TimeUnit.SECONDS.toNanos(30);
  private static final long LOOK = TimeUnit.MILLISECONDS.toNanos(2);

  /**
   * How a plan ended.
   *
   * @param note why it is illegal; else empty
   */
  public record Outcome(FaultPlan plan, EndState end, String note) {
    /** Whether it is one of the legal ends. */
    public boolean legal() {
      return end != EndState.ILLEGAL;
    }
  }

  private final PlanWorld world;
  private final PlanProcess source;
  private final long deadline = System.nanoTime() + LIMIT;

  private PlanRun(FaultPlan plan) {
    world = new PlanWorld(plan);
    source = world.source();
  }

  /** Plays a plan. */
  public static Outcome play(FaultPlan plan) throws InterruptedException {
    PlanRun run = new PlanRun(plan);
    try {
      EndState end = run.play();
      String verdict = run.world.verdict();
      return verdict.isEmpty()
          ? new Outcome(plan, end, "")
          : new Outcome(plan, EndState.ILLEGAL, verdict);
    } catch (IllegalEnd e) {
      return new Outcome(plan, EndState.ILLEGAL, String.valueOf(e.getMessage()));
    } finally {
      run.world.close();
    }
  }

  private EndState play() throws InterruptedException, IllegalEnd {
    world.destination().service().listen(ADDRESS);
    source.bootGuest();
    source.service().migrate(ADDRESS);
    while (true) {
      boolean quiet = world.operatorsDone();
      if (!world.sourceAlive() && !world.destinationAlive()) {
        return EndState.BOTH_DEAD;
      }
      if (quiet && !world.sourceAlive() && destinationRests()) {
        return withoutSource();
      }
      if (quiet && world.sourceAlive() && sourceRests()) {
        EndState end = withSource();
        if (end != null) {
          return end;
        }
      }
      if (System.nanoTime() > deadline) {
        throw new IllegalEnd("it does not end: " + describe());
      }
      world.awaitChange(LOOK);
    }
  }

  // ---- the source is dead ----

  /** The guest came, or will never come, or waits and the source cannot be asked. */
  private boolean destinationRests() {
    return switch (handover(world.destination())) {
      case "loading" -> false;
      case "waiting" -> outOfReach(world.destination());
      default -> world.destination().query("status").isEmpty() || ended(world.destination());
    };
  }

  private EndState withoutSource() throws InterruptedException, IllegalEnd {
    PlanProcess destination = world.destination();
    if (world.runsIn(destination)) {
      return EndState.SOURCE_DEAD_MOVED;
    }
    if (handover(destination).equals("waiting") && !world.ownerDied()) {
      destination.service().claim(true);
      // Another fault of the same moment may kill it while the operator acts.
      await(
          () -> world.runsIn(destination) || !world.destinationAlive(),
          "a claim by force at the destination");
      return world.destinationAlive() ? EndState.SOURCE_DEAD_CLAIMED : EndState.BOTH_DEAD;
    }
    return EndState.SOURCE_DEAD_LOST;
  }

  // ---- the source lives ----

  private boolean sourceRests() {
    if (!ended(source)) {
      boolean given = handover(source).equals("given") || handover(source).equals("reclaiming");
      return given && (world.restarted() || !world.destinationAlive()) && outOfReach(source);
    }
    return !world.destinationAlive()
        || (!handover(world.destination()).equals("waiting")
            && !handover(world.destination()).equals("loading")
            && (world.destination().query("status").isEmpty() || ended(world.destination())));
  }

  /** Null if a process died while this looked. */
  private @Nullable EndState withSource() throws InterruptedException, IllegalEnd {
    boolean died = !world.destinationAlive() || world.restarted();
    if (world.runsIn(source)) {
      return died ? EndState.DESTINATION_DEAD_STAYED : EndState.STAYED;
    }
    if (world.runsIn(world.destination()) && source.query("status").equals("completed")) {
      return EndState.MOVED;
    }
    if (!world.sourceAlive() || (!died && (!world.destinationAlive() || world.restarted()))) {
      return null;
    }
    if (!died) {
      throw new IllegalEnd("both live and nobody runs the guest: " + describe());
    }
    if (world.ownerDied()) {
      return EndState.DESTINATION_DEAD_LOST;
    }
    if (source.query("status").equals("completed")) {
      throw new IllegalEnd("completed, but the guest never ran over there: " + describe());
    }
    await(() -> claimedByForce() || !world.sourceAlive(), "a claim by force at the source");
    return world.sourceAlive() ? EndState.DESTINATION_DEAD_CLAIMED : null;
  }

  // ---- questions ----

  private static String handover(PlanProcess process) {
    return process.query("x-handover");
  }

  private static boolean ended(PlanProcess process) {
    return switch (process.query("status")) {
      case "completed", "failed", "cancelled" -> true;
      default -> false;
    };
  }

  /** Whether a claim is refused because the peer cannot tell; else the peer is being asked now. */
  private static boolean outOfReach(PlanProcess process) {
    try {
      process.service().claim(false);
      return false;
    } catch (IllegalStateException refused) {
      String text = String.valueOf(refused.getMessage());
      return text.contains("process") && text.contains("force:true");
    }
  }

  /**
   * As an operator does it: a claim asks a peer that can be reached first, so where a restarted one
   * answers UNKNOWN only then, it takes a second claim.
   */
  private boolean claimedByForce() {
    if (world.runsIn(source)) {
      return true;
    }
    try {
      source.service().claim(true);
    } catch (IllegalStateException decided) {
      return world.runsIn(source); // it came back, or went, between look and claim
    }
    return false;
  }

  private interface Condition {
    boolean holds();
  }

  private void await(Condition condition, String what) throws InterruptedException, IllegalEnd {
    while (!condition.holds()) {
      if (System.nanoTime() > deadline) {
        throw new IllegalEnd(what + " has no effect: " + describe());
      }
      world.awaitChange(LOOK);
    }
  }

  private String describe() {
    return "S " + source.service().query() + ", D " + world.destination().service().query();
  }

  private static final class IllegalEnd extends Exception {
    private static final long serialVersionUID = 1L;

    IllegalEnd(String message) {
      super(message);
    }
  }
}
