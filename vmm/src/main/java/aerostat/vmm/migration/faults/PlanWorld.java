package aerostat.vmm.migration.faults;

import aerostat.vmm.migration.faults.Fault.Unit;
import aerostat.vmm.migration.faults.Fault.Way;
import aerostat.vmm.migration.transport.MemoryListening;
import aerostat.vmm.migration.transport.Transport;
import aerostat.vmm.migration.wire.MessageType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What both processes of a plan live in, and who sees all of it: which process runs the guest,
 * which is dead, where the connections are. It strikes with the plan's faults, and is the referee.
 */
final class PlanWorld {
  private static final int MOST_DELAY_MILLIS = 4;

  private final List<Fault> open;
  private final SplittableRandom random;
  private final int[] messages = new int[Way.values().length];
  private final int[] bytes = new int[Way.values().length];
  private final List<PlanConnection> connections = new ArrayList<>();
  private final List<PlanProcess> all = new ArrayList<>();
  private final PlanProcess source;
  private PlanProcess destination;
  private boolean sourceAlive = true;
  private boolean destinationAlive = true;
  private boolean restarted;
  private @Nullable MemoryListening doors;
  private @Nullable PlanProcess running;
  private boolean ownerDied;
  private int operators;
  private boolean over;
  private long stamp;
  private String verdict = "";

  PlanWorld(FaultPlan plan) {
    open = new ArrayList<>(plan.faults());
    random = new SplittableRandom(plan.seed());
    source = process("S");
    destination = process("D");
  }

  private PlanProcess process(String name) {
    PlanProcess made = new PlanProcess(name, this);
    all.add(made);
    return made;
  }

  // ---- what the run asks ----

  PlanProcess source() {
    return source;
  }

  synchronized PlanProcess destination() {
    return destination;
  }

  synchronized boolean sourceAlive() {
    return sourceAlive;
  }

  synchronized boolean destinationAlive() {
    return destinationAlive;
  }

  /** Whether the destination was killed and another process is in its place. */
  synchronized boolean restarted() {
    return restarted;
  }

  /** Whether the process that ran the guest was killed. */
  synchronized boolean ownerDied() {
    return ownerDied;
  }

  /** Whether the guest runs in that process. */
  synchronized boolean runsIn(PlanProcess process) {
    return running == process;
  }

  /** Whether no operator's command is under way. */
  synchronized boolean operatorsDone() {
    return operators == 0;
  }

  /** The first thing that must not happen, empty if nothing did. */
  synchronized String verdict() {
    return verdict;
  }

  /** Ends all of it; nothing counts from here on. */
  void close() {
    List<PlanProcess> processes;
    synchronized (this) {
      over = true;
      connections.forEach(connection -> connection.end(true));
      processes = List.copyOf(all);
    }
    processes.forEach(PlanProcess::close);
  }

  synchronized void awaitChange(long nanos) throws InterruptedException {
    TimeUnit.NANOSECONDS.timedWait(this, nanos);
  }

  synchronized void changed() {
    notifyAll();
  }

  // ---- the referee ----

  synchronized void started(PlanProcess where, PlanGuest guest) {
    if (over || !alive(where)) {
      return;
    }
    if (running != null) {
      illegal("the guest begins to run in " + where + " while it runs in " + running);
    }
    if (guest.stamp() != stamp) {
      illegal("a stale copy of the guest runs in " + where);
    }
    guest.stamp(++stamp);
    running = where;
    notifyAll();
  }

  synchronized void stopped(PlanProcess where) {
    if (running == where) {
      running = null;
    }
  }

  private void illegal(String what) {
    if (verdict.isEmpty()) {
      verdict = what;
    }
  }

  private boolean alive(PlanProcess process) {
    return process == source ? sourceAlive : process == destination && destinationAlive;
  }

  // ---- the network ----

  synchronized Transport connect(PlanProcess from) throws IOException {
    MemoryListening there = doors;
    PlanConnection connection = new PlanConnection();
    if (over
        || !alive(from)
        || there == null
        || !destinationAlive
        || !there.offer(new PlanTransport(this, connection, Way.TO_SOURCE))) {
      throw new IOException("Connection refused");
    }
    connections.add(connection);
    return new PlanTransport(this, connection, Way.TO_DESTINATION);
  }

  synchronized void listens(PlanProcess where, MemoryListening at) {
    if (where == destination) {
      doors = at;
    }
  }

  // ---- the faults ----

  void beforeMessage(Way way, PlanConnection connection) {
    int index;
    synchronized (this) {
      index = messages[way.ordinal()]++;
    }
    strike(take(way, Unit.MESSAGE, index), connection);
  }

  /**
   * Looks at the plan before bytes go.
   *
   * @return how many bytes may go before the next fault; at least 1
   */
  int beforeBytes(Way way, PlanConnection connection, int type, int count) {
    if (!MessageType.handover(type)) {
      return count;
    }
    int at;
    synchronized (this) {
      at = bytes[way.ordinal()];
    }
    strike(take(way, Unit.BYTE, at), connection);
    synchronized (this) {
      int free = count;
      for (Fault fault : open) {
        if (fault.way() == way && fault.unit() == Unit.BYTE && fault.index() > at) {
          free = Math.min(free, fault.index() - at);
        }
      }
      bytes[way.ordinal()] = at + free;
      return free;
    }
  }

  private synchronized List<Fault> take(Way way, Unit unit, int index) {
    List<Fault> due =
        open.stream()
            .filter(f -> f.way() == way && f.unit() == unit && f.index() == index)
            .toList();
    open.removeAll(due);
    return due;
  }

  private void strike(List<Fault> due, PlanConnection connection) {
    for (Fault fault : due) {
      switch (fault.kind()) {
        case CUT -> connection.end(coin());
        case KILL_SOURCE -> kill(source);
        case KILL_DESTINATION -> kill(destination());
        case RESTART_DESTINATION -> {
          kill(destination());
          operate(this::restart);
        }
        case DELAY -> delay();
        case CANCEL -> operate(() -> source.service().cancel());
        case CLAIM_SOURCE -> operate(() -> source.service().claim(false));
        case CLAIM_DESTINATION -> operate(() -> destination().service().claim(false));
      }
    }
  }

  private synchronized boolean coin() {
    return random.nextBoolean();
  }

  private void delay() {
    long nanos;
    synchronized (this) {
      nanos = TimeUnit.MILLISECONDS.toNanos(1 + random.nextInt(MOST_DELAY_MILLIS));
    }
    long until = System.nanoTime() + nanos;
    for (long left = nanos; left > 0; left = until - System.nanoTime()) {
      LockSupport.parkNanos(left);
    }
  }

  private synchronized void kill(PlanProcess victim) {
    if (!alive(victim)) {
      return;
    }
    if (victim == source) {
      sourceAlive = false;
    } else {
      destinationAlive = false;
    }
    if (running == victim) {
      running = null;
      ownerDied = true;
    }
    boolean lose = random.nextBoolean();
    connections.forEach(connection -> connection.end(lose));
    notifyAll();
  }

  private void restart() {
    PlanProcess fresh;
    synchronized (this) {
      if (over || destinationAlive) {
        return;
      }
      fresh = process("D again");
      destination = fresh;
    }
    fresh.service().listen(PlanRun.ADDRESS);
    synchronized (this) {
      destinationAlive = true;
      restarted = true;
    }
  }

  /** As an operator does: from outside, without waiting for what is under way. */
  private void operate(Runnable command) {
    synchronized (this) {
      operators++;
    }
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                command.run();
              } catch (IllegalStateException refused) {
                // A refusal is an answer too.
              } finally {
                synchronized (this) {
                  operators--;
                  notifyAll();
                }
              }
            });
  }
}
