package aerostat.vmm.cli;

import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/**
 * Brings further commands to {@code aerostat}; found by {@link java.util.ServiceLoader}, so that
 * this module need not know who has some. Each is a picocli command (annotated with
 * {@code @Command}) that returns its exit code.
 */
public interface CommandProvider {
  /** Command name to a maker of it, which is called only if the command is wanted. */
  Map<String, Supplier<Callable<Integer>>> commands();
}
