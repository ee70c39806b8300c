package aerostat.vmm.migration.handover;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.vmm.migration.wire.HandoverMessage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Searches the production state machines. The network is the worst one there is: what was ever sent
 * may arrive at any time, any number of times, in any order, or never; connections break and come
 * back at any moment; either process dies and may come back empty; both operators claim.
 */
class HandoverSearchTest {
  private static final UUID ID = new UUID(1, 2);
  private static final String DIGEST = "ab".repeat(32);
  private static final int MAX_EPOCH = 2;

  /**
   * Everything at one moment.
   *
   * @param source null: killed
   * @param destination null: killed and come back without memory
   */
  record World(
      @Nullable HandoverSource source,
      @Nullable HandoverDestination destination,
      Set<HandoverMessage> toSource,
      Set<HandoverMessage> toDestination) {
    static World start() {
      return new World(HandoverSource.begin(ID), HandoverDestination.begin(ID), Set.of(), Set.of());
    }

    World source(HandoverStep<HandoverSource> step) {
      return new World(step.next(), destination, toSource, plus(toDestination, step.actions()));
    }

    World destination(HandoverStep<HandoverDestination> step) {
      return new World(source, step.next(), plus(toSource, step.actions()), toDestination);
    }

    World answeredByStranger(HandoverMessage message) {
      return message instanceof HandoverMessage.Query
              || message instanceof HandoverMessage.Abort
              || message instanceof HandoverMessage.Commit
          ? new World(
              source,
              null,
              plus(toSource, List.of(HandoverDestination.unknown(message))),
              toDestination)
          : this;
    }

    private static Set<HandoverMessage> plus(
        Set<HandoverMessage> sent, Collection<HandoverAction> actions) {
      Set<HandoverMessage> all = new HashSet<>(sent);
      for (HandoverAction action : actions) {
        if (action instanceof HandoverAction.Send send) {
          all.add(send.message());
        }
      }
      return Set.copyOf(all);
    }
  }

  private interface Named {
    void add(String name, Supplier<World> next);
  }

  private static void events(World w, boolean kills, Named out) {
    HandoverSource s = w.source();
    HandoverDestination d = w.destination();
    if (s != null) {
      if (s.phase() == HandoverSource.Phase.ACTIVE) {
        out.add("S offers", () -> w.source(s.offer(DIGEST, true)));
        out.add("S is refused", () -> w.source(s.refused()));
      }
      out.add("S cancels", () -> w.source(s.giveUp()));
      out.add("S claims", () -> w.source(s.claim(false)));
      if (s.connected()) {
        out.add("S loses the connection", () -> w.source(s.connectionLost()));
      } else if (s.epoch() < MAX_EPOCH) {
        out.add("S connects again", () -> w.source(s.reconnected()));
      }
      for (HandoverMessage m : w.toSource()) {
        out.add("S receives " + m, () -> w.source(s.received(m)));
      }
      if (kills) {
        out.add("S dies", () -> new World(null, d, w.toSource(), w.toDestination()));
      }
    }
    if (d != null) {
      out.add("D rejects", () -> w.destination(d.rejected()));
      out.add("D claims", () -> w.destination(d.claim(false)));
      if (d.connected()) {
        out.add("D loses the connection", () -> w.destination(d.connectionLost()));
      } else {
        out.add("D is connected again", () -> w.destination(d.reconnected(d.epoch())));
      }
      for (HandoverMessage m : w.toDestination()) {
        if (m instanceof HandoverMessage.Final && d.phase() == HandoverDestination.Phase.LOADING) {
          out.add("D has loaded", () -> w.destination(d.loaded(DIGEST)));
        } else {
          out.add("D receives " + m, () -> w.destination(d.received(m)));
        }
      }
      if (kills) {
        out.add("D dies", () -> new World(s, null, w.toSource(), w.toDestination()));
      }
    } else {
      for (HandoverMessage m : w.toDestination()) {
        out.add("a new D receives " + m, () -> w.answeredByStranger(m));
      }
    }
  }

  private static List<Map.Entry<String, World>> successors(World w, boolean kills) {
    List<Map.Entry<String, World>> next = new ArrayList<>();
    events(
        w,
        kills,
        (name, step) -> {
          try {
            World after = step.get();
            if (!after.equals(w)) {
              next.add(Map.entry(name, after));
            }
          } catch (IllegalStateException refused) {
            // A refused command changes nothing.
          }
        });
    return next;
  }

  private static @Nullable String broken(World w) {
    HandoverSource s = w.source();
    HandoverDestination d = w.destination();
    if (s != null && d != null) {
      if (s.mayRun() && d.mayRun()) {
        return "both run";
      }
      boolean held =
          s.phase() != HandoverSource.Phase.COMPLETED
              || d.phase() == HandoverDestination.Phase.OWNER;
      if (!held) {
        return "neither holds the guest";
      }
      if (s.phase() == HandoverSource.Phase.GIVEN
          && d.phase() != HandoverDestination.Phase.WAITING
          && d.phase() != HandoverDestination.Phase.OWNER) {
        return "given to a destination that does not hold it";
      }
    }
    return null;
  }

  private record Visit(World world, @Nullable Visit from, String event) {
    String path() {
      return (from == null ? "start" : from.path()) + "\n  " + event;
    }
  }

  private static Map<World, Visit> explore(boolean kills) {
    Map<World, Visit> seen = new HashMap<>();
    ArrayDeque<Visit> queue = new ArrayDeque<>();
    Visit first = new Visit(World.start(), null, "");
    seen.put(first.world(), first);
    queue.add(first);
    while (!queue.isEmpty()) {
      Visit visit = queue.remove();
      String fault = broken(visit.world());
      assertThat(fault).as(() -> visit.path()).isNull();
      for (Map.Entry<String, World> next : successors(visit.world(), kills)) {
        Visit later = new Visit(next.getValue(), visit, next.getKey());
        if (seen.putIfAbsent(next.getValue(), later) == null) {
          queue.add(later);
        }
      }
    }
    return seen;
  }

  @Test
  void neverTwoRunningAndNeverNeither_overEveryReachableState() {
    Map<World, Visit> seen = explore(true);
    Set<String> ends = new TreeSet<>();
    for (World w : seen.keySet()) {
      HandoverSource s = w.source();
      HandoverDestination d = w.destination();
      ends.add((s == null ? "dead" : s.phase()) + "/" + (d == null ? "none" : d.phase()));
    }
    assertThat(seen.size()).isGreaterThan(1_000);
    assertThat(ends)
        .contains(
            "GIVEN/WAITING", "GIVEN/OWNER", "COMPLETED/OWNER", "ABORTED/WAITING", "dead/OWNER")
        .doesNotContain("CLOSED/OWNER", "ABORTED/OWNER", "ACTIVE/OWNER", "OFFERED/OWNER")
        .doesNotContain("COMPLETED/WAITING", "COMPLETED/DISCARDED", "COMPLETED/LOADING");
  }

  @Test
  void aReconnectResolvesEveryState_whileBothLive() {
    for (Map.Entry<World, Visit> entry : explore(false).entrySet()) {
      World w = settle(entry.getKey());
      HandoverSource s = java.util.Objects.requireNonNull(w.source());
      HandoverDestination d = java.util.Objects.requireNonNull(w.destination());
      boolean moved =
          s.phase() == HandoverSource.Phase.COMPLETED
              && d.phase() == HandoverDestination.Phase.OWNER;
      boolean stayed =
          s.phase() == HandoverSource.Phase.CLOSED
              && d.phase() == HandoverDestination.Phase.DISCARDED;
      assertThat(moved || stayed)
          .as(() -> "ends as " + s + " and " + d + " after\n" + entry.getValue().path())
          .isTrue();
    }
  }

  /** A network that works from now on: the old connection ends, a new one delivers in order. */
  private static World settle(World w) {
    HandoverSource s = java.util.Objects.requireNonNull(w.source());
    HandoverDestination d = java.util.Objects.requireNonNull(w.destination());
    d = d.connectionLost().next();
    s = s.connectionLost().next();
    if (s.settled()) {
      return new World(s, d, Set.of(), Set.of());
    }
    HandoverStep<HandoverSource> again = s.reconnected();
    s = again.next();
    HandoverStep<HandoverDestination> accepted = d.reconnected(s.epoch());
    d = accepted.next();
    ArrayDeque<HandoverMessage> down = sent(again.actions());
    ArrayDeque<HandoverMessage> up = sent(accepted.actions());
    for (int i = 0; i < 20 && !(down.isEmpty() && up.isEmpty()); i++) {
      if (!down.isEmpty()) {
        HandoverStep<HandoverDestination> step = d.received(down.remove());
        d = step.next();
        up.addAll(sent(step.actions()));
      }
      if (!up.isEmpty()) {
        HandoverStep<HandoverSource> step = s.received(up.remove());
        s = step.next();
        down.addAll(sent(step.actions()));
      }
    }
    return new World(s, d, Set.of(), Set.of());
  }

  private static ArrayDeque<HandoverMessage> sent(List<HandoverAction> actions) {
    ArrayDeque<HandoverMessage> messages = new ArrayDeque<>();
    for (HandoverAction action : actions) {
      if (action instanceof HandoverAction.Send send) {
        messages.add(send.message());
      }
    }
    return messages;
  }

  @Test
  void longRandomWalks_withManyReconnectsStaySafe() {
    for (int seed = 0; seed < 300; seed++) {
      Random random = new Random(seed);
      World w = World.start();
      StringBuilder path = new StringBuilder("seed " + seed);
      for (int step = 0; step < 60; step++) {
        List<Map.Entry<String, World>> next = successors(w, step > 40);
        if (next.isEmpty()) {
          break;
        }
        Map.Entry<String, World> chosen = next.get(random.nextInt(next.size()));
        path.append("\n  ").append(chosen.getKey());
        w = chosen.getValue();
        assertThat(broken(w)).as(path::toString).isNull();
      }
    }
  }

  @Test
  void theSearchFindsAFault_whenTheSourceResumesByTimeOutInGiven() {
    HandoverSource given =
        HandoverSource.begin(ID)
            .offer(DIGEST, true)
            .next()
            .received(new HandoverMessage.Ready(ID, 0, DIGEST))
            .next();
    HandoverDestination owner =
        HandoverDestination.begin(ID)
            .loaded(DIGEST)
            .next()
            .received(new HandoverMessage.Commit(ID, 0))
            .next();
    HandoverSource wrong =
        new HandoverSource(ID, HandoverSource.Phase.CLOSED, 0, given.connected(), false, DIGEST);

    assertThat(broken(new World(given, owner, Set.of(), Set.of()))).isNull();
    assertThat(broken(new World(wrong, owner, Set.of(), Set.of()))).isEqualTo("both run");
  }
}
