package aerostat.vmm.machine;

import static org.assertj.core.api.Assertions.assertThat;

import aerostat.mmio.trace.TraceRecorder;
import aerostat.vmm.cpu.VcpuLayout;
import aerostat.vmm.image.Flavour;
import aerostat.vmm.image.ResumeTable;
import aerostat.vmm.migration.InProcessMove;
import aerostat.vmm.migration.SteppedMigration;
import aerostat.vmm.migration.postcopy.MissingPages;
import aerostat.vmm.migration.snapshot.MachineSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;

/**
 * A deterministic guest with a balloon script, that can be moved; and what it does when it stays.
 */
final class ScriptedGuest implements AutoCloseable {
  /**
   * The run of a guest that was stopped at each poll and never moved.
   *
   * @param hashes of everything, element i at poll i + 1
   * @param stacks resume points of the running thread's frames at each poll
   * @param points all of them
   */
  record Reference(
      List<String> hashes,
      List<List<String>> stacks,
      TreeSet<String> points,
      String console,
      List<String> trace,
      String finalHash,
      long finalPoll,
      long leastActual,
      long lastActual) {
    String hash(long poll) {
      return hashes.get((int) (poll - 1));
    }
  }

  private final Script script;
  private final Machine machine;
  private final ByteArrayOutputStream console;
  private final TraceRecorder trace;
  private final String consoleBefore;
  private final List<String> traceBefore;

  private ScriptedGuest(
      Script script,
      Machine machine,
      ByteArrayOutputStream console,
      TraceRecorder trace,
      String consoleBefore,
      List<String> traceBefore,
      long after) {
    this.script = script;
    this.machine = machine;
    this.console = console;
    this.trace = trace;
    this.consoleBefore = consoleBefore;
    this.traceBefore = traceBefore;
    plan(script.inflateAt(), script.inflatedTo(), after);
    plan(script.deflateAt(), script.memory(), after);
    keepOrDiscard();
  }

  private void keepOrDiscard() {
    machine.hardware().balloon().inhibitDiscards(!script.discards());
  }

  private void plan(long poll, long target, long after) {
    if (poll > after) {
      machine.at(
          poll,
          () -> {
            machine.lock().lock();
            try {
              machine.balloon().setTarget(target);
            } finally {
              machine.lock().unlock();
            }
          });
    }
  }

  static ScriptedGuest boot() {
    return boot(Flavour.PLAIN);
  }

  static ScriptedGuest boot(Flavour flavour) {
    return boot(Script.FULL, flavour);
  }

  static ScriptedGuest boot(Script script) {
    return boot(script, Flavour.PLAIN);
  }

  private static ScriptedGuest boot(Script script, Flavour flavour) {
    ByteArrayOutputStream console = new ByteArrayOutputStream();
    TraceRecorder trace = new TraceRecorder(100_000);
    Machine machine =
        Machine.builder()
            .memory(script.memory())
            .append(script.append())
            .deterministic(5)
            .flavour(flavour)
            .console(console)
            .trace(trace)
            .build();
    return new ScriptedGuest(script, machine, console, trace, "", List.of(), 0);
  }

  static Reference reference() {
    return reference(Script.FULL);
  }

  static Reference reference(Script script) {
    List<String> hashes = new ArrayList<>();
    List<List<String>> stacks = new ArrayList<>();
    TreeSet<String> points = new TreeSet<>();
    long least = script.memory();
    try (ScriptedGuest guest = boot(script)) {
      for (long poll = 1; guest.runTo(poll); poll++) {
        hashes.add(guest.hash());
        List<String> stack = guest.stack();
        stacks.add(stack);
        points.addAll(stack);
        least = Math.min(least, guest.actual());
      }
      return new Reference(
          hashes,
          stacks,
          points,
          guest.console(),
          guest.trace(),
          guest.hash(),
          guest.machine.polls(),
          least,
          guest.actual());
    }
  }

  Machine machine() {
    return machine;
  }

  /** Whether the guest stands at this poll; false when it ended before. */
  boolean runTo(long poll) {
    machine.runUntilPoll(poll);
    if (machine.state() == RunState.PAUSED) {
      assertThat(machine.polls()).as(this::console).isEqualTo(poll);
      return true;
    }
    assertThat(machine.state()).as(this::console).isEqualTo(RunState.SHUTDOWN);
    return false;
  }

  /** The guest in a fresh machine, by the migration's own code. */
  ScriptedGuest move() {
    return move(script);
  }

  /** Another guest that was this one so far, and is to do this; this one stays. */
  ScriptedGuest copy(Script next) {
    ScriptedGuest copy = move(next);
    stay();
    return copy;
  }

  private ScriptedGuest move(Script next) {
    ByteArrayOutputStream newConsole = new ByteArrayOutputStream();
    TraceRecorder newTrace = new TraceRecorder(100_000);
    Machine moved =
        InProcessMove.move(machine, MachineHost.SILENT.withConsole(newConsole).withTrace(newTrace));
    return moved(next, moved, newConsole, newTrace);
  }

  private ScriptedGuest moved(
      Script next, Machine where, ByteArrayOutputStream newConsole, TraceRecorder newTrace) {
    return new ScriptedGuest(
        next, where, newConsole, newTrace, console(), trace(), machine.polls());
  }

  /**
   * The guest in a fresh machine, by the migration's own postcopy switch: what it ever used of its
   * memory is still here, and each page comes when it is touched. This one must not be closed
   * before {@link Lazy#rest}.
   */
  Lazy moveBeforeItsPages() {
    SteppedMigration migration =
        new SteppedMigration(machine, true, SteppedMigration.Ending.POSTCOPY, error -> false);
    migration.begin();
    migration.skipUntouched();
    migration.finishAll();
    ScriptedGuest moved = handOver(migration);
    return moved.on(machine, Objects.requireNonNull(migration.missing()));
  }

  /** The guest in a fresh machine, by a migration that stands after its last page. */
  ScriptedGuest handOver(SteppedMigration migration) {
    ByteArrayOutputStream newConsole = new ByteArrayOutputStream();
    TraceRecorder newTrace = new TraceRecorder(100_000);
    Machine moved =
        migration.handOver(MachineHost.SILENT.withConsole(newConsole).withTrace(newTrace));
    return moved(script, moved, newConsole, newTrace);
  }

  /** This guest, which has just come, goes on with pages that are still over there. */
  Lazy on(Machine from, MissingPages missing) {
    LazyPages pages = new LazyPages(from.memory(), machine.memory(), missing);
    pages.junkMissing();
    machine.await(pages);
    return new Lazy(this, pages);
  }

  /** A guest that has gone before its pages. */
  record Lazy(ScriptedGuest guest, LazyPages pages) {
    long left() {
      return pages.missing().left();
    }

    /** All other pages come, and the guest is in its own form again. */
    void rest() {
      pages.rest();
      guest.machine.arrived();
      guest.keepOrDiscard();
    }
  }

  /** The guest of a file that was made of this one as it stands. */
  ScriptedGuest restore(Path file) throws IOException {
    ByteArrayOutputStream newConsole = new ByteArrayOutputStream();
    TraceRecorder newTrace = new TraceRecorder(100_000);
    Machine restored =
        MachineSnapshots.restore(
            file, MachineHost.SILENT.withConsole(newConsole).withTrace(newTrace));
    return moved(script, restored, newConsole, newTrace);
  }

  /** After a move: this one, which should be discarded, goes on all the same. */
  void stay() {
    machine.setState(RunState.PAUSED);
  }

  String hash() {
    return machine.ramHash(true);
  }

  String console() {
    return consoleBefore + console.toString(StandardCharsets.ISO_8859_1);
  }

  List<String> trace() {
    List<String> all = new ArrayList<>(traceBefore);
    all.addAll(trace.lines());
    return all;
  }

  void assertEndedAs(Reference reference, String what) {
    assertThat(machine.state()).as(what).isEqualTo(RunState.SHUTDOWN);
    assertThat(console()).as(what).isEqualTo(reference.console());
    assertThat(trace()).as(what).isEqualTo(reference.trace());
    assertThat(machine.polls()).as(what).isEqualTo(reference.finalPoll());
    assertThat(hash()).as(what).isEqualTo(reference.finalHash());
  }

  private long actual() {
    machine.lock().lock();
    try {
      return machine.balloon().actualBytes();
    } finally {
      machine.lock().unlock();
    }
  }

  /** Whether there is a driver that can be asked for hints. */
  boolean hintingPossible() {
    machine.lock().lock();
    try {
      return machine.balloon().hintingPossible();
    } finally {
      machine.lock().unlock();
    }
  }

  /** Resume points on the running thread's stack, innermost first. */
  private List<String> stack() {
    List<String> found = new ArrayList<>();
    long base = register(VcpuLayout.STACK_BASE);
    long at = base + (register(VcpuLayout.STACK_SIZE) >>> 32);
    while (at > base) {
      long footer = machine.memory().load64(at - 8);
      found.add(ResumeTable.method(footer) + ":" + ResumeTable.site(footer));
      at -= 8L * ResumeTable.words(footer);
    }
    return found;
  }

  private long register(int field) {
    // "interrupts" is the first slice, 8 bytes; then comes "vcpu".
    return machine.flatState().segment().get(ValueLayout.JAVA_LONG, 8L + field);
  }

  @Override
  public void close() {
    machine.close();
  }
}
