package aerostat.vmm.cli;

import aerostat.vmm.machine.MachineEvent;
import aerostat.vmm.machine.MachineSlot;
import aerostat.vmm.migration.MigrationService;
import aerostat.vmm.monitor.CommandTable;
import aerostat.vmm.monitor.Endpoint;
import aerostat.vmm.monitor.EventBridge;
import aerostat.vmm.monitor.MachineCommands;
import aerostat.vmm.monitor.MigrationCommands;
import aerostat.vmm.monitor.Monitor;
import aerostat.vmm.monitor.TraceCommands;
import aerostat.vmm.monitor.TraceFile;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * What a process of {@code aerostat run} consists of: a slot for the machine, migration, monitor
 * and trace, and how the process ends. Whatever ends it, sockets are unlinked and memory is freed
 * once.
 */
final class VmmProcess implements AutoCloseable {
  private final MachineSlot slot;
  private final GuestConsole console;
  private final TraceFile trace;
  private final MigrationService migration;
  private final boolean exitOnPanic;
  private final CompletableFuture<Integer> ending = new CompletableFuture<>();
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile @Nullable Monitor monitor;

  VmmProcess(MachineSlot slot, GuestConsole console, TraceFile trace, boolean exitOnPanic) {
    this.slot = slot;
    this.console = console;
    this.trace = trace;
    this.exitOnPanic = exitOnPanic;
    MigrationService.rehearseEarly();
    migration = new MigrationService(slot);
    slot.onEvent(this::machineEvent);
    migration.onEvent(this::tell);
    // Signals end the JVM; this is what makes their way out a clean one.
    Runtime.getRuntime().addShutdownHook(new Thread(() -> close("host-signal"), "shutdown"));
  }

  /** Opens the sockets; returns the addresses in use. */
  List<Endpoint> openMonitor(List<Endpoint> endpoints, String name) {
    CommandTable table = new CommandTable();
    MachineCommands.addTo(table, name, slot, migration, console::tail);
    MigrationCommands.addTo(table, migration);
    TraceCommands.addTo(table, trace);
    Monitor opened = new Monitor(table, this::quit);
    monitor = opened;
    List<Endpoint> inUse = new ArrayList<>();
    for (Endpoint endpoint : endpoints) {
      try {
        inUse.add(opened.listen(endpoint).endpoint());
      } catch (IOException e) {
        throw new CliException(ExitCode.UNAVAILABLE, "--qmp: " + e.getMessage());
      }
    }
    return inUse;
  }

  /** Makes an object of its description on a command line: type,key=value,… */
  void addObject(String description) {
    String[] parts = description.split(",", -1);
    Map<String, String> properties = new LinkedHashMap<>();
    for (String part : List.of(parts).subList(1, parts.length)) {
      int equals = part.indexOf('=');
      if (equals <= 0) {
        throw new CliException(ExitCode.USAGE, "--object: '" + part + "' is not KEY=VALUE");
      }
      properties.put(part.substring(0, equals), part.substring(equals + 1));
    }
    String id = properties.remove("id");
    if (id == null) {
      throw new CliException(ExitCode.USAGE, "--object: Parameter 'id' is missing");
    }
    try {
      migration.addObject(parts[0], id, properties);
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.USAGE, "--object: " + e.getMessage());
    }
  }

  /** Waits for a guest to come; returns the address in use. */
  String listenForGuest(String uri) {
    try {
      return migration.listen(uri);
    } catch (IllegalArgumentException e) {
      throw new CliException(ExitCode.USAGE, "--incoming: " + e.getMessage());
    } catch (IllegalStateException | java.io.UncheckedIOException e) {
      throw new CliException(ExitCode.UNAVAILABLE, "--incoming: " + e.getMessage());
    }
  }

  /** The process's exit code, once it is to end. */
  int awaitEnd() {
    return ending.join();
  }

  private void quit() {
    new Thread(
            () -> {
              close("host-qmp-quit");
              ending.complete(ExitCode.OK);
            },
            "quit")
        .start();
  }

  private void machineEvent(MachineEvent event) {
    tell(event);
    switch (event.name()) {
      case "GUEST_PANICKED" -> {
        System.err.println("aerostat run: the guest panicked: " + panicLine(event.detail()));
        if (exitOnPanic) {
          ending.complete(ExitCode.GUEST_PANICKED);
        }
      }
      case "SHUTDOWN" ->
          ending.complete(
              event.detail().equals("guest-failure") ? ExitCode.GUEST_FAILED : ExitCode.OK);
      default -> {}
    }
  }

  /** The reason and the innermost frame; all of the backtrace is on the guest's console. */
  static String panicLine(String oops) {
    List<String> lines =
        oops.lines().map(line -> line.replaceFirst("^\\[ *[0-9.]+] ", "")).toList();
    int trace = lines.indexOf("Call Trace:");
    String reason = lines.isEmpty() ? "" : lines.getFirst();
    boolean hasFrame = trace >= 0 && trace + 1 < lines.size();
    String frame = hasFrame ? lines.get(trace + 1) : "";
    return frame.startsWith(" ") ? reason + ", at " + frame.strip() : reason;
  }

  private void tell(MachineEvent event) {
    Monitor current = monitor;
    if (current != null) {
      EventBridge.send(current, event);
    }
  }

  @Override
  public void close() {
    close("");
  }

  private static void end(String name, Closeable output) {
    try {
      output.close();
    } catch (IOException e) {
      System.err.println("aerostat run: the " + name + " is incomplete: " + e.getMessage());
    }
  }

  /**
   * @param reason QEMU's shutdown cause if it is the host's doing, else empty
   */
  private void close(String reason) {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    Monitor current = monitor;
    if (current != null) {
      if (!reason.isEmpty()) {
        current.event("SHUTDOWN", Map.of("guest", false, "reason", reason));
      }
      current.close();
    }
    migration.close();
    slot.clear();
    end("console", console);
    end("trace", trace);
  }
}
