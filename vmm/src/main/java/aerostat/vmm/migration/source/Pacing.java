package aerostat.vmm.migration.source;

import aerostat.vmm.migration.control.MigrationParameters;
import aerostat.vmm.migration.transport.Transport;
import aerostat.vmm.migration.wire.Link;
import aerostat.vmm.migration.wire.MessageType;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;

/**
 * What a sender does between two messages while the guest runs: keeps to the bandwidth and to the
 * time that the migration has, hears a cancel, and hears a peer that says no.
 */
final class Pacing {
  private static final long LOOK = -1;

  private final Link main;
  private final Supplier<MigrationParameters> parameters;
  private final BooleanSupplier stop;
  private final BandwidthLimit limit;
  private final long begin = System.nanoTime();
  private boolean unlimited;

  Pacing(Link main, Supplier<MigrationParameters> parameters, BooleanSupplier stop) {
    this.main = main;
    this.parameters = parameters;
    this.stop = stop;
    this.limit = new BandwidthLimit(() -> parameters.get().maxBandwidth());
  }

  /** The guest stands still: no limit, and no turning back on the way (MIG-13). */
  void guestPaused() {
    unlimited = true;
  }

  /** So many bytes have gone in all; waits as long as the bandwidth demands. */
  void sent(long totalBytes) throws IOException {
    if (unlimited) {
      return;
    }
    checkGoOn();
    hearRefusal(LOOK);
    long delay = limit.delay(totalBytes, System.nanoTime());
    if (delay > 0) {
      long until = System.nanoTime() + delay;
      for (long left = delay; left > 0; left = until - System.nanoTime()) {
        idle(left);
      }
    }
  }

  /** Waits, but hears a cancel and a peer that says no. */
  void idle(long nanos) throws IOException {
    checkGoOn();
    hearRefusal(nanos);
  }

  private void hearRefusal(long nanos) throws IOException {
    if (main.transport().awaitReadable(nanos)) {
      main.expect(main.in().next(), MessageType.REFUSE);
    }
  }

  /**
   * Whether the time is over and the guest is to be stopped whatever remains.
   *
   * @throws IOException if the time is over and the migration is to end
   */
  boolean hurry(int rounds) throws IOException {
    MigrationParameters p = parameters.get();
    long timeout = p.timeout();
    String over = "";
    if (timeout != 0 && System.nanoTime() - begin >= TimeUnit.MILLISECONDS.toNanos(timeout)) {
      over = "did not converge in " + timeout + " ms (x-timeout)";
    } else if (p.maxRounds() != 0 && rounds >= p.maxRounds()) {
      over = "did not converge in " + rounds + " rounds (x-max-rounds)";
    }
    if (!over.isEmpty() && !p.finishInTime()) {
      throw new IOException("the migration " + over);
    }
    return !over.isEmpty();
  }

  private void checkGoOn() throws Transport.StoppedException {
    if (stop.getAsBoolean()) {
      throw new Transport.StoppedException();
    }
  }
}
