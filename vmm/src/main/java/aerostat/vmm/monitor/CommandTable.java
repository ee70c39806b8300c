package aerostat.vmm.monitor;

import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only registry of commands. Commands of all clients run one after another, as in QEMU's main
 * loop; only those that say so run beside others.
 */
public final class CommandTable {
  /** The command before which no other is heard. */
  static final String NEGOTIATE = "qmp_capabilities";

  private final Map<String, Command> commands = new TreeMap<>();
  private final ReentrantLock oneAtATime = new ReentrantLock();

  CommandTable add(Command command) {
    if (commands.put(command.name(), command) != null) {
      throw new IllegalArgumentException("two commands named " + command.name());
    }
    return this;
  }

  CommandTable addAll(Collection<Command> more) {
    more.forEach(this::add);
    return this;
  }

  /** By name, sorted. */
  Collection<Command> commands() {
    return commands.values();
  }

  /** What {@code query-commands} answers. */
  List<Map<String, Object>> names() {
    return commands.keySet().stream().map(n -> Map.<String, Object>of("name", n)).toList();
  }

  /**
   * Checks and runs a command.
   *
   * @throws QmpException every failure, ready to be sent
   */
  @Nullable Object execute(String name, Map<String, @Nullable Object> arguments) {
    Command command = commands.get(name);
    if (command == null) {
      throw new QmpException(
          QmpException.ErrorClass.CommandNotFound,
          "The command " + Json.shortened(name) + " has not been found");
    }
    Map<String, @Nullable Object> left = new LinkedHashMap<>(arguments);
    for (Argument argument : command.arguments()) {
      argument.check(arguments);
      left.remove(argument.name());
    }
    if (!left.isEmpty() && !command.open()) {
      throw QmpException.generic(
          "Parameter '" + Json.shortened(left.keySet().iterator().next()) + "' is unexpected");
    }
    if (command.concurrent()) {
      return run(command, arguments);
    }
    oneAtATime.lock();
    try {
      return run(command, arguments);
    } finally {
      oneAtATime.unlock();
    }
  }

  private static @Nullable Object run(Command command, Map<String, @Nullable Object> arguments) {
    try {
      return command.handler().run(arguments);
    } catch (QmpException e) {
      throw e;
    } catch (IllegalStateException | IllegalArgumentException | UncheckedIOException e) {
      throw QmpException.generic(reason(e));
    } catch (RuntimeException | LinkageError e) {
      // A defect of ours, or a damaged installation, must not end the monitor's session, nor hide.
      logger().error("command {} failed", command.name(), e);
      throw QmpException.generic("Internal error: " + reason(e));
    }
  }

  private static String reason(Throwable e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message;
  }

  /** Not a field: logging is only started when there is something to log. */
  private static Logger logger() {
    return LoggerFactory.getLogger(CommandTable.class);
  }
}
