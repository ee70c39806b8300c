package aerostat.vmm.monitor;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One QMP command.
 *
 * @param name as clients write it
 * @param doc one or more sentences for docs/qmp.md
 * @param arguments that are checked before the handler runs
 * @param open whether further arguments are passed on unchecked, for the handler to check
 * @param concurrent whether it may run while another client's command runs; only for queries that
 *     take long
 * @param handler returns what goes under {@code return}
 */
record Command(
    String name,
    String doc,
    List<Argument> arguments,
    boolean open,
    boolean concurrent,
    Handler handler) {

  /** Does a command's work; a {@link QmpException} or IllegalStateException is its error answer. */
  interface Handler {
    @Nullable Object run(Map<String, @Nullable Object> arguments);
  }

  /** The answer of commands that return nothing. */
  static final Map<String, @Nullable Object> EMPTY = Map.of();

  static Command of(String name, String doc, Handler handler, Argument... arguments) {
    return new Command(name, doc, List.of(arguments), false, false, handler);
  }

  Command withOpenArguments() {
    return new Command(name, doc, arguments, true, concurrent, handler);
  }

  Command asConcurrent() {
    return new Command(name, doc, arguments, open, true, handler);
  }
}
