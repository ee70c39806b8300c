package aerostat.tools.bench.faults;

import aerostat.tools.child.ChildFailure;
import aerostat.tools.child.Patience;
import aerostat.tools.child.VmmChild;
import aerostat.vmm.migration.faults.EndState;
import aerostat.vmm.migration.faults.Fault;
import aerostat.vmm.migration.faults.FaultPlan;
import aerostat.vmm.migration.faults.PlanRun;
import aerostat.vmm.monitor.QmpClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Fault plans with real processes: SIGKILL, and a proxy that cuts. What survives a plan serves in
 * the next one. Seen from outside, by QMP: who runs, who waits, what a claim answers.
 */
public final class ProcessPlans implements AutoCloseable {
  private static final List<String> GUEST =
      List.of(
          "--memory",
          "32M",
          "--append",
          "workload=kvstore kvstore.size=256K kvstore.rate=200 kvstore.cycle=300"
              + " workload.interval=50");
  private static final List<String> EMPTY = List.of("--incoming", "defer");
  private static final Duration LIMIT = Duration.ofSeconds(30);
  private static final Duration LOOK = Duration.ofMillis(5);

  private final Path folder = Files.createTempDirectory("aerostat-faults");
  private final List<VmmChild> children = new ArrayList<>();

  /** Started ahead, by their options. */
  private final Map<List<String>, VmmChild> spares = new HashMap<>();

  private @Nullable VmmChild source;
  private @Nullable VmmChild destination;
  private volatile boolean sourceDead;
  private volatile boolean destinationDead;

  /**
   * @throws IOException if there is no place for sockets and consoles
   */
  public ProcessPlans() throws IOException {}

  /** One fault: a cut, a delay or a kill, mostly in the handover. */
  public static FaultPlan plan(long seed) {
    // Seeds in a row begin alike in a java.util.Random.
    SplittableRandom random = new SplittableRandom(seed);
    List<Fault.Kind> kinds =
        List.of(
            Fault.Kind.CUT,
            Fault.Kind.KILL_SOURCE,
            Fault.Kind.KILL_DESTINATION,
            Fault.Kind.KILL_DESTINATION,
            Fault.Kind.DELAY);
    Fault.Way way = Fault.Way.values()[random.nextInt(2)];
    boolean message = random.nextInt(5) == 0;
    int most = way == Fault.Way.TO_DESTINATION ? message ? 20 : 145 : message ? 3 : 144;
    return new FaultPlan(
        seed,
        List.of(
            new Fault(
                kinds.get(random.nextInt(kinds.size())),
                way,
                message ? Fault.Unit.MESSAGE : Fault.Unit.BYTE,
                random.nextInt(most))));
  }

  /** Plays one plan. */
  public PlanRun.Outcome play(FaultPlan plan) throws IOException, ChildFailure {
    VmmChild s = source == null ? startGuest() : source;
    VmmChild d = destination == null ? started(EMPTY) : destination;
    source = null;
    destination = null;
    sourceDead = false;
    destinationDead = false;
    Map<String, @Nullable Object> answer =
        QmpClient.asObject(d.qmp("migrate-incoming", Map.of("uri", "tcp:127.0.0.1:0")));
    String uri = String.valueOf(answer.get("uri"));
    int port = Integer.parseInt(uri.substring(uri.lastIndexOf(':') + 1));
    try (CuttingProxy proxy = new CuttingProxy(port, plan, kind -> kill(kind, s, d))) {
      s.qmp("migrate", Map.of("uri", proxy.address()));
      return new PlanRun.Outcome(plan, end(s, d, proxy), "");
    } catch (ChildFailure e) {
      if (!sourceDead && !destinationDead) {
        throw e;
      }
      return new PlanRun.Outcome(plan, EndState.ILLEGAL, String.valueOf(e.getMessage()));
    }
  }

  private void kill(Fault.Kind kind, VmmChild s, VmmChild d) {
    if (kind == Fault.Kind.KILL_SOURCE) {
      sourceDead = true;
      s.kill();
    } else {
      destinationDead = true;
      d.kill();
    }
  }

  private EndState end(VmmChild s, VmmChild d, CuttingProxy proxy) throws ChildFailure {
    Patience patience = new Patience(LIMIT);
    while (true) {
      EndState end = sourceDead ? withoutSource(d) : withSource(s, d, proxy);
      if (end != null) {
        return end;
      }
      if (!patience.wait(LOOK)) {
        throw new ChildFailure("it does not end");
      }
    }
  }

  private @Nullable EndState withoutSource(VmmChild d) throws ChildFailure {
    Map<String, @Nullable Object> state = d.query("query-migrate");
    if (runs(d)) {
      source = d;
      return EndState.SOURCE_DEAD_MOVED;
    }
    if ("waiting".equals(state.get("x-handover"))) {
      if (!refusedUnlessForced(d)) {
        return null;
      }
      await(() -> claimedByForce(d), "a claim by force has no effect");
      source = d;
      return EndState.SOURCE_DEAD_CLAIMED;
    }
    if (state.isEmpty() || "failed".equals(state.get("status"))) {
      destination = d;
      return EndState.SOURCE_DEAD_LOST;
    }
    return null;
  }

  private @Nullable EndState withSource(VmmChild s, VmmChild d, CuttingProxy proxy)
      throws ChildFailure {
    Map<String, @Nullable Object> state;
    try {
      state = s.query("query-migrate");
    } catch (ChildFailure killedMeanwhile) {
      if (sourceDead) {
        return null;
      }
      throw killedMeanwhile;
    }
    String status = String.valueOf(state.get("status"));
    if (status.equals("failed")) {
      await(() -> runs(s), "failed, but the guest does not run");
      if (!destinationDead) {
        if (runs(d)) {
          throw new ChildFailure("the guest runs in both processes");
        }
        if ("waiting".equals(d.query("query-migrate").get("x-handover"))) {
          return null;
        }
      }
      source = s;
      destination = destinationDead ? null : d;
      return destinationDead ? EndState.DESTINATION_DEAD_STAYED : EndState.STAYED;
    }
    if (status.equals("completed")) {
      if (destinationDead) {
        return noneRuns(s);
      }
      await(() -> runs(d), "completed, but the guest does not run");
      if (runs(s)) {
        throw new ChildFailure("the guest runs in both processes");
      }
      source = d;
      destination = s;
      return EndState.MOVED;
    }
    Object handover = state.get("x-handover");
    boolean given = "given".equals(handover) || "reclaiming".equals(handover);
    if (destinationDead && given && refusedUnlessForced(s)) {
      if (proxy.commitPassed()) {
        // It may have run over there: the operator's copy of the truth is the proxy's.
        return noneRuns(s);
      }
      await(() -> claimedByForce(s), "a claim by force has no effect");
      source = s;
      return EndState.DESTINATION_DEAD_CLAIMED;
    }
    return null;
  }

  private static EndState noneRuns(VmmChild s) throws ChildFailure {
    if (runs(s)) {
      throw new ChildFailure("a stale copy runs in the source");
    }
    s.kill();
    return EndState.DESTINATION_DEAD_LOST;
  }

  /** Whether the claim is refused with the words that say what to stop first. */
  private static boolean refusedUnlessForced(VmmChild child) {
    try {
      child.qmp("x-migrate-claim", Map.of());
      return false;
    } catch (ChildFailure refused) {
      String text = String.valueOf(refused.getMessage());
      return text.contains("Stop its VMM process first") && text.contains("force:true");
    }
  }

  /**
   * As an operator does it: a claim asks a peer that can be reached first, and the proxy takes a
   * connection before it finds nobody behind it, so it may take a second claim.
   */
  private static boolean claimedByForce(VmmChild child) throws ChildFailure {
    if (runs(child)) {
      return true;
    }
    try {
      child.qmp("x-migrate-claim", Map.of("force", true));
    } catch (ChildFailure decided) {
      // It was claimed between look and claim, or was not and the next look tells.
    }
    return runs(child);
  }

  private interface Condition {
    boolean holds() throws ChildFailure;
  }

  private static void await(Condition condition, String otherwise) throws ChildFailure {
    Patience patience = new Patience(LIMIT);
    while (!condition.holds()) {
      if (!patience.wait(LOOK)) {
        throw new ChildFailure(otherwise);
      }
    }
  }

  private static boolean runs(VmmChild child) throws ChildFailure {
    return Boolean.TRUE.equals(child.query("query-status").get("running"));
  }

  private VmmChild startGuest() throws IOException, ChildFailure {
    VmmChild child = started(GUEST);
    child.query("query-status");
    await(() -> child.counters().verified() > 0, "kvstore has not begun");
    return child;
  }

  /** A process with these options, and the next of its kind begins while it works. */
  private VmmChild started(List<String> options) throws IOException {
    VmmChild ready = spares.get(options);
    VmmChild child = ready == null ? start(options) : ready;
    spares.put(options, start(options));
    return child;
  }

  private VmmChild start(List<String> options) throws IOException {
    VmmChild child = VmmChild.startBriefly("vmm" + children.size(), folder, options);
    children.add(child);
    return child;
  }

  /** Ends all processes; what they printed goes with them. */
  @Override
  public void close() throws IOException {
    children.forEach(VmmChild::kill);
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }
}
