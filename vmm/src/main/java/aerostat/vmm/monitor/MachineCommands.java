package aerostat.vmm.monitor;

import static aerostat.vmm.monitor.Argument.optional;
import static aerostat.vmm.monitor.Argument.required;

import aerostat.devices.balloon.BalloonHost;
import aerostat.devices.power.PowerDevice;
import aerostat.vmm.machine.Machine;
import aerostat.vmm.machine.MachineSlot;
import aerostat.vmm.machine.PageStates;
import aerostat.vmm.machine.RunState;
import aerostat.vmm.migration.MigrationService;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** Commands about the machine and its balloon, with QEMU's names and words. */
public final class MachineCommands {
  private static final int LOCK_SECONDS = 2;

  /** The balloon's path in QEMU's object tree, as {@code -device …,id=balloon0} makes it. */
  static final String BALLOON_PATH = "/machine/peripheral/balloon0";

  private static final String STATS = "guest-stats";
  private static final String INTERVAL = "guest-stats-polling-interval";
  private static final int CONSOLE_TAIL = 16 << 10;

  private final String name;
  private final MachineSlot slot;
  private final MigrationService migration;
  private final IntFunction<String> consoleTail;

  private MachineCommands(
      String name, MachineSlot slot, MigrationService migration, IntFunction<String> consoleTail) {
    this.name = name;
    this.slot = slot;
    this.migration = migration;
    this.consoleTail = consoleTail;
  }

  /**
   * Adds the commands.
   *
   * @param name of the VM, empty for none
   * @param consoleTail the last so many bytes that the guest printed
   */
  public static void addTo(
      CommandTable table,
      String name,
      MachineSlot slot,
      MigrationService migration,
      IntFunction<String> consoleTail) {
    MachineCommands commands = new MachineCommands(name, slot, migration, consoleTail);
    table.addAll(commands.runState()).addAll(commands.balloon()).addAll(commands.own());
  }

  private List<Command> runState() {
    return List.of(
        Command.of(
            "query-status",
            "Whether the guest runs, and its run state: `prelaunch`, `inmigrate`, `running`,"
                + " `paused`, `suspended`, `finish-migrate`, `postmigrate`, `guest-panicked`,"
                + " `shutdown`.",
            arguments -> status()),
        Command.of(
            "query-name",
            "The VM's name, if `--name` gave it one.",
            arguments -> name.isEmpty() ? Command.EMPTY : Map.of("name", name)),
        Command.of(
            "stop",
            "Pauses the guest at its next safepoint. Event STOP. No effect on a paused guest.",
            arguments -> stop()),
        Command.of(
            "cont",
            "Lets a paused guest go on. Event RESUME. Refused while the guest is, or may be, with"
                + " another VMM.",
            arguments -> cont()),
        Command.of(
            "system_powerdown",
            "Presses the guest's power button: it powers off in its own time. Event POWERDOWN.",
            arguments ->
                withPower(
                    power -> {
                      power.button();
                      return Command.EMPTY;
                    })),
        Command.of(
            "system_wakeup",
            "Wakes a guest that sleeps (status `suspended`). Event WAKEUP.",
            arguments -> {
              if (!(Boolean) withPower(PowerDevice::wakeUp)) {
                throw QmpException.generic("Unable to wake up: guest is not in suspended state");
              }
              return Command.EMPTY;
            }));
  }

  private Object withPower(Function<PowerDevice, Object> action) {
    Machine machine = machine();
    ReentrantLock lock = machine.lock();
    lock(machine, lock);
    try {
      return action.apply(machine.power());
    } finally {
      lock.unlock();
    }
  }

  private List<Command> balloon() {
    return List.of(
        Command.of(
            "balloon",
            "Asks the guest to have `value` bytes of memory in use; it gets there in its own time"
                + " (event BALLOON_CHANGE, `query-balloon`). More than the RAM means the RAM."
                + " Refused by a guest whose driver agreed on NO_BALLOON.",
            arguments -> {
              long value = (Long) given(arguments, "value");
              if (value <= 0) {
                throw QmpException.generic("Parameter 'target' expects a size");
              }
              return withActiveBalloon(
                  balloon -> {
                    if (balloon.ballooningRefused()) {
                      throw QmpException.generic(
                          "The guest's driver takes no part in ballooning (feature NO_BALLOON);"
                              + " statistics and free page hints still work");
                    }
                    balloon.setTarget(value);
                    return Command.EMPTY;
                  });
            },
            required("value", Argument.Type.INTEGER, "bytes, above 0")),
        Command.of(
            "query-balloon",
            "`actual`: bytes of RAM less what the guest says is in the balloon (DEV-10)."
                + " DeviceNotActive before a driver has started.",
            arguments -> withActiveBalloon(balloon -> Map.of("actual", balloon.actualBytes()))),
        Command.of(
            "qom-get",
            "A property of `"
                + BALLOON_PATH
                + "`: `"
                + STATS
                + "` (object with `stats`, -1 where"
                + " the guest did not tell, and `last-update`, wall-clock seconds, 0 for never) or"
                + " `"
                + INTERVAL
                + "`.",
            arguments -> property(arguments, MachineCommands::get),
            required("path", Argument.Type.STRING, "`" + BALLOON_PATH + "`"),
            required("property", Argument.Type.STRING, "name")),
        Command.of(
            "qom-set",
            "Sets a property of `"
                + BALLOON_PATH
                + "`: `"
                + INTERVAL
                + "`, seconds between"
                + " requests for statistics, 0 for none.",
            arguments ->
                property(arguments, (balloon, name) -> set(balloon, name, arguments.get("value"))),
            required("path", Argument.Type.STRING, "`" + BALLOON_PATH + "`"),
            required("property", Argument.Type.STRING, "name"),
            required("value", Argument.Type.ANY, "as the property needs it")));
  }

  private List<Command> own() {
    return List.of(
        Command.of(
                "x-query-pages",
                "Pages (4 KiB) of guest RAM by owner, and the bytes of RAM that the host holds in"
                    + " memory now.",
                arguments -> pages())
            .asConcurrent(),
        Command.of(
                "x-query-ram-hash",
                "A hash over every byte of RAM, registers and device state of a paused guest. Pages"
                    + " that the host holds (balloon, reported and untouched, hinted) contribute"
                    + " their owner's letter instead of their bytes.",
                arguments ->
                    Map.of(
                        "hash",
                        machine().ramHash(Boolean.TRUE.equals(arguments.get("everything")))),
                optional("everything", Argument.Type.BOOLEAN, "true: no such exclusion"))
            .asConcurrent(),
        Command.of(
            "x-console-tail",
            "The end of what the guest printed.",
            arguments -> {
              long bytes = arguments.get("bytes") instanceof Long b ? b : CONSOLE_TAIL;
              if (bytes < 1 || bytes > CONSOLE_TAIL) {
                throw QmpException.generic(
                    "Parameter 'bytes' expects a number from 1 to " + CONSOLE_TAIL);
              }
              return Map.of("text", consoleTail.apply((int) bytes));
            },
            optional("bytes", Argument.Type.INTEGER, "1 to 16384, which is the default")));
  }

  private Map<String, Object> status() {
    Machine machine = slot.machine();
    RunState state = machine == null ? RunState.INMIGRATE : machine.state();
    Map<String, Object> status = new LinkedHashMap<>();
    // As in QEMU a guest that sleeps does not run, though its processor waits for the wake-up.
    boolean sleeps =
        machine != null && state == RunState.RUNNING && (Boolean) withPower(PowerDevice::suspended);
    status.put("running", state == RunState.RUNNING && !sleeps);
    status.put("status", sleeps ? "suspended" : state.qemuName());
    return status;
  }

  private Map<String, @Nullable Object> stop() {
    Machine machine = machine();
    if (machine.state() == RunState.RUNNING) {
      machine.pause(RunState.PAUSED);
    }
    return Command.EMPTY;
  }

  private Map<String, @Nullable Object> cont() {
    Machine machine = machine();
    migration.checkMayResume();
    if (machine.state() != RunState.RUNNING) {
      machine.resume();
    }
    return Command.EMPTY;
  }

  private Map<String, Object> pages() {
    Machine machine = machine();
    PageStates counts = machine.pageStates();
    Map<String, Object> pages = new LinkedHashMap<>();
    pages.put("guest", counts.guest());
    pages.put("balloon", counts.balloon());
    pages.put("hinted", counts.hinted());
    pages.put("reported", counts.reported());
    pages.put("resident-bytes", counts.residentBytes());
    return pages;
  }

  private static Object get(BalloonHost balloon, String property) {
    return switch (property) {
      case STATS -> {
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("stats", balloon.stats());
        answer.put("last-update", balloon.statsLastUpdate());
        yield answer;
      }
      case INTERVAL -> (long) balloon.statsPollingInterval();
      default -> throw noSuchProperty(property);
    };
  }

  private static Object set(BalloonHost balloon, String property, @Nullable Object value) {
    switch (property) {
      case INTERVAL -> {
        if (!(value instanceof Long seconds)) {
          throw QmpException.generic("Invalid parameter type for 'value', expected: integer");
        }
        if (seconds < 0) {
          throw QmpException.generic("timer value must be greater than zero");
        }
        if (seconds > Integer.MAX_VALUE) {
          throw QmpException.generic("timer value is too big");
        }
        balloon.setStatsPollingInterval(seconds.intValue());
        return Command.EMPTY;
      }
      case STATS -> throw QmpException.generic("Property '" + STATS + "' is read-only");
      default -> throw noSuchProperty(property);
    }
  }

  /** What is done with a property, the machine's lock held. */
  private interface Access {
    Object on(BalloonHost balloon, String property);
  }

  private Object property(Map<String, @Nullable Object> arguments, Access access) {
    String path = (String) given(arguments, "path");
    if (!path.equals(BALLOON_PATH)) {
      throw new QmpException(
          QmpException.ErrorClass.DeviceNotFound,
          "Device '" + Json.shortened(path) + "' not found");
    }
    String property = (String) given(arguments, "property");
    return withBalloon(balloon -> access.on(balloon, property));
  }

  private static QmpException noSuchProperty(String property) {
    return QmpException.generic(
        "Property 'virtio-balloon-device." + Json.shortened(property) + "' not found");
  }

  private Object withActiveBalloon(Function<BalloonHost, Object> action) {
    return withBalloon(
        balloon -> {
          if (!balloon.driverReady()) {
            throw new QmpException(
                QmpException.ErrorClass.DeviceNotActive, "No balloon device has been activated");
          }
          return action.apply(balloon);
        });
  }

  private Object withBalloon(Function<BalloonHost, Object> action) {
    Machine machine = machine();
    ReentrantLock lock = machine.lock();
    lock(machine, lock);
    try {
      return action.apply(machine.balloon());
    } finally {
      lock.unlock();
    }
  }

  private Machine machine() {
    Machine machine = slot.machine();
    if (machine == null) {
      throw QmpException.generic("There is no guest yet: it is expected from a migration");
    }
    return machine;
  }

  /** An argument that the table has found to be there. */
  private static Object given(Map<String, @Nullable Object> arguments, String name) {
    Object value = arguments.get(name);
    if (value == null) {
      throw QmpException.generic("Parameter '" + name + "' is missing");
    }
    return value;
  }

  /** A device that waits for a page (postcopy) holds the lock; a question must not wait with it. */
  private static void lock(Machine machine, ReentrantLock lock) {
    if (machine.memory().gate() == null) {
      lock.lock();
      return;
    }
    try {
      if (!lock.tryLock(LOCK_SECONDS, TimeUnit.SECONDS)) {
        throw QmpException.generic("a device waits for a page that has not come yet (postcopy)");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw QmpException.generic("interrupted");
    }
  }
}
