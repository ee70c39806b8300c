package aerostat.tools.fuzz;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Something that takes any bytes and must keep its properties. For one thread. */
public interface FuzzTarget extends AutoCloseable {
  /**
   * Runs one input from the same starting point as every other.
   *
   * @param log told of each event, if it is on
   * @throws FuzzFinding when a property does not hold
   */
  void run(byte[] input, FuzzLog log);

  /** The guest that is reset for each input, if there is one. */
  default @Nullable BootedGuest guest() {
    return null;
  }

  /** Whether each reset is to be compared with the snapshot: slow, for those who look closely. */
  default void compareEachReset(boolean on) {}

  /**
   * Counters of the edges that inputs passed, one byte each; whoever reads them clears them. Of
   * length 0 if the target counts none.
   */
  byte[] edges();

  /** Inputs to begin with: what a well-behaved peer would do, and known trouble. */
  default Iterable<byte[]> seeds() {
    return List.of(new byte[0]);
  }

  /**
   * Words that inputs are made of, for an engine to put in; none where an input's bytes are
   * choices.
   */
  default List<byte[]> dictionary() {
    return List.of();
  }

  @Override
  default void close() {}
}
